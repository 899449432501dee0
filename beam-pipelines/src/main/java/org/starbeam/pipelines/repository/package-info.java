/**
 * The repository as a whole: what its runs hold and where it came from, whether it is sound, what
 * may go. Everything here is derived from the ledgers.
 */
@NullMarked
package org.starbeam.pipelines.repository;

import org.jspecify.annotations.NullMarked;
