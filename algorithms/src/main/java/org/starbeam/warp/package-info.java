/** Resampling of images onto other pixel grids. */
package org.starbeam.warp;
