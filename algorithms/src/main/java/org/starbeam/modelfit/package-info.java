/**
 * Parametric models of objects fitted to the pixels of all bands at once (MultiProFit): point
 * source, exponential, de Vaucouleurs, Sersic and bulge plus disk as mixtures of Gaussians,
 * convolved with a mixture for the PSF; several objects jointly.
 */
@NullMarked
package org.starbeam.modelfit;

import org.jspecify.annotations.NullMarked;
