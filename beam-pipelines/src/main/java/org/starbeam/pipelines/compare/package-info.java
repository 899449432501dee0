/**
 * What differs between two runs: rows, metrics, matched objects, costs, failures, code, settings.
 */
@NullMarked
package org.starbeam.pipelines.compare;

import org.jspecify.annotations.NullMarked;
