/**
 * Gates: conditions on the numbers of a run that say whether a step is good enough, what to do when
 * it is not, and what a person decided. They read the registry of the run, never its pixels.
 */
@NullMarked
package org.starbeam.pipelines.gates;

import org.jspecify.annotations.NullMarked;
