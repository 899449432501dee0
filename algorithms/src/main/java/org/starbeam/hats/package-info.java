/**
 * HATS catalogues (Hierarchical Adaptive Tiling Scheme, an IVOA note): how the rows of a table are
 * shared out to HEALPix pixels of several orders, which rows lie just outside of a pixel, and the
 * small files that describe a catalogue.
 */
@NullMarked
package org.starbeam.hats;

import org.jspecify.annotations.NullMarked;
