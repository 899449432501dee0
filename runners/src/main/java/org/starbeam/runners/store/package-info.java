/** The object stores that a build has, and what their file systems are told. */
@NullMarked
package org.starbeam.runners.store;

import org.jspecify.annotations.NullMarked;
