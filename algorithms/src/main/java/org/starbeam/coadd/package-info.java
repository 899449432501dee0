/** Cell coadds: exact accumulation, artifact rejection, stitching. */
package org.starbeam.coadd;
