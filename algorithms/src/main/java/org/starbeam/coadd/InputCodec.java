package org.starbeam.coadd;

/** Bytes of an entry of the input list. */
final class InputCodec {
  private InputCodec() {}

  static void write(StateWriter out, CellInput input) {
    out.number(input.visit());
    out.integer(input.detector());
    out.integer(input.weight());
    out.real(input.maskedFraction());
    out.integer(input.artifactArea());
    write(out, input.statistics());
  }

  static void write(StateWriter out, InputStatistics s) {
    out.real(s.mjd());
    out.real(s.exposureTime());
    out.real(s.fwhm());
    out.real(s.airmass());
    out.real(s.ixx());
    out.real(s.iyy());
    out.real(s.ixy());
    out.real(s.skyBackground());
    out.real(s.skyNoise());
    out.real(s.noiseFactor());
    out.real(s.pixelStep());
  }

  static CellInput read(StateReader in) {
    return new CellInput(
        in.number(), in.integer(), in.integer(), in.real(), in.integer(), statistics(in));
  }

  static InputStatistics statistics(StateReader in) {
    return new InputStatistics(
        in.real(), in.real(), in.real(), in.real(), in.real(), in.real(), in.real(), in.real(),
        in.real(), in.real(), in.real());
  }
}
