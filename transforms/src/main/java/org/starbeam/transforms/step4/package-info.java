/** Difference images and their sources. */
@NullMarked
package org.starbeam.transforms.step4;

import org.jspecify.annotations.NullMarked;
