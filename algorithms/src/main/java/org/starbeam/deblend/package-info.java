/**
 * Blends taken apart: in one image by symmetric templates ({@link SymmetricDeblender}), in all
 * bands of a coadd by Scarlet ({@link ScarletDeblender} and what it is made of).
 */
@NullMarked
package org.starbeam.deblend;

import org.jspecify.annotations.NullMarked;
