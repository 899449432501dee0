/** Copies out of the repository: rows of a table as a file of the format asked for, image files. */
@NullMarked
package org.starbeam.pipelines.export;

import org.jspecify.annotations.NullMarked;
