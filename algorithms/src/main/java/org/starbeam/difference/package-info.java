/**
 * Image differences: a template for a detector from every overlapping patch, a kernel that matches
 * the two images, the difference with white noise, its sources, and forced photometry.
 */
@NullMarked
package org.starbeam.difference;

import org.jspecify.annotations.NullMarked;
