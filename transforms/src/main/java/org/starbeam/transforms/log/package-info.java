/** Logs of quanta: one stream per worker, found by the places that the ledger names. */
@NullMarked
package org.starbeam.transforms.log;

import org.jspecify.annotations.NullMarked;
