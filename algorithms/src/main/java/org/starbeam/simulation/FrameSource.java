package org.starbeam.simulation;

/**
 * Truth of one object on one detector of one visit: a row of {@code visit_sources}.
 *
 * @param counts electrons before the response
 * @param contam light of the neighbours within the effective area over the object's own
 * @param edgeDistance pixels to the nearest border pixel centre
 * @param saturatedRaw a pixel within 1 of the centre at full well in the raw frame
 */
record FrameSource(
    long visit,
    int detector,
    char band,
    SkyObject object,
    double mjd,
    double ra,
    double dec,
    double x,
    double y,
    double flux,
    double counts,
    double zeroPoint,
    double snr,
    OpticsModel.Psf psf,
    double contam,
    double edgeDistance,
    boolean saturated,
    boolean saturatedRaw) {
  private static final double ISOLATED = 0.02;
  private static final double EDGE_PIXELS = 12;

  boolean isolated() {
    return contam < ISOLATED;
  }

  boolean edge() {
    return edgeDistance < EDGE_PIXELS;
  }

  FrameSource withSaturatedRaw(boolean value) {
    return new FrameSource(
        visit,
        detector,
        band,
        object,
        mjd,
        ra,
        dec,
        x,
        y,
        flux,
        counts,
        zeroPoint,
        snr,
        psf,
        contam,
        edgeDistance,
        saturated,
        value);
  }
}
