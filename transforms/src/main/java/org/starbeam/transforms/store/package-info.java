/**
 * Where files are that are not on this machine: object stores behind Beam's file systems, the cache
 * on the node's disk through which they are read, and the one way from a dataset's reference to a
 * local file. And how files of this machine are put and taken away.
 */
@NullMarked
package org.starbeam.transforms.store;

import org.jspecify.annotations.NullMarked;
