/** Data ids of the sky map. */
@NullMarked
package org.starbeam.transforms.sky;

import org.jspecify.annotations.NullMarked;
