/** Fringes of the night sky: the patterns of a detector and filter, and their subtraction. */
@NullMarked
package org.starbeam.fringe;

import org.jspecify.annotations.NullMarked;
