/**
 * A survey telescope in software: a sky, an instrument that looks at it, and the raw frames,
 * reference catalogue and truth tables that come out. The raw format is that of the simulated
 * camera described in {@code camera.yaml}, which is written beside the frames.
 *
 * <p>Order of the light: {@link org.starbeam.simulation.SkyMaker} makes the objects, {@link
 * org.starbeam.simulation.Schedule} the exposures, {@link org.starbeam.simulation.OpticsModel} puts
 * an object on a pixel with a point spread function and a zero point, {@link
 * org.starbeam.simulation.SourceRenderer} spreads its electrons, {@link
 * org.starbeam.simulation.SensorModel} turns electrons into counts, {@link
 * org.starbeam.simulation.CampaignWriter} writes it all down. Every random number comes from a
 * stream named by (seed, purpose, exposure, detector), so the bytes do not depend on threads.
 */
@NullMarked
package org.starbeam.simulation;

import org.jspecify.annotations.NullMarked;
