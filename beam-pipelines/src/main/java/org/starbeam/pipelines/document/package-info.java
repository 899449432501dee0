/**
 * YAML documents of campaigns: reading, composing and checking them, with the place of each word.
 */
@NullMarked
package org.starbeam.pipelines.document;

import org.jspecify.annotations.NullMarked;
