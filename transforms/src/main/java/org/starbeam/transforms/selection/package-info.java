/**
 * The language in which visits are selected (specs/05 section 1.6), and its two back ends: a
 * predicate in Java and parameter-bound SQL.
 */
@NullMarked
package org.starbeam.transforms.selection;

import org.jspecify.annotations.NullMarked;
