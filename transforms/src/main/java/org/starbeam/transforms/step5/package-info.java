/** Forced photometry of objects on visits and differences. */
@NullMarked
package org.starbeam.transforms.step5;

import org.jspecify.annotations.NullMarked;
