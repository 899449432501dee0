/**
 * Gaussian-aperture fluxes of the sky before seeing: the same aperture on the sky in every band.
 */
package org.starbeam.gaap;
