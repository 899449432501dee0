package org.starbeam.simulation;

import java.util.List;
import java.util.Locale;

/** The nominal camera as the text of {@code camera.yaml}: what a reduction may know. */
final class CameraFile {
  private static final String AMPLIFIER_DEFAULTS =
      """
      amplifier_defaults: &amp
        raw_prescan: [0, 0, 4, 512]
        raw_data: [4, 0, 256, 512]
        raw_serial_overscan: [260, 0, 32, 512]
        raw_parallel_overscan: [4, 512, 256, 16]
        raw_size: [292, 528]
        gain: 1.6          # e-/ADU
        read_noise: 6.0    # e-
        saturation: 90000.0  # e-
        suspect_level: 76500.0  # e-
        adc_max: 65535
      """;

  private CameraFile() {}

  static String text(Preset preset, FocalPlane plane, List<SensorModel> sensors) {
    StringBuilder out = new StringBuilder();
    out.append("# Nominal camera geometry. Pixel boxes are [x0, y0, width, height], 0-based,\n");
    out.append("# in the raw amplifier image (raw_*) or the assembled detector (bbox).\n");
    out.append("name: SimCam\ninstrument: SimCam\nlayout: 8amp\n");
    line(out, "pixel_pitch_mm: %.2f\npixel_scale_arcsec: 0.2\n", FocalPlane.PIXEL_MM);
    line(out, "focal_length_mm: %.6f\n", plane.focalLengthMm());
    out.append("distortion:\n");
    out.append("  # tangent-plane angle [rad] = u*(1 + k*|u|^2), ");
    out.append("u = focal-plane mm / focal_length_mm\n");
    line(out, "  model: radial_cubic\n  k: %.6f\n", plane.nominalK());
    line(
        out,
        "site: {name: Cerro Pachon, latitude_deg: %.6f, longitude_deg: %.6f, elevation_m: 2663.0}\n",
        Schedule.LATITUDE,
        Schedule.LONGITUDE);
    out.append("day_obs: {timescale: TAI, offset_hours: -12}\nfilters:\n");
    for (char band : preset.bands().toCharArray()) {
      line(out, "  - {name: %s_sim, band: %s}\n", band, band);
    }
    out.append(AMPLIFIER_DEFAULTS);
    out.append("detectors:\n");
    for (FocalPlane.Detector d : plane.detectors()) {
      detector(out, d, sensors.get(d.id()));
    }
    return out.toString();
  }

  private static void detector(StringBuilder out, FocalPlane.Detector d, SensorModel sensor) {
    line(out, "  - id: %d\n    name: %s\n    serial: SIM-%03d\n", d.id(), d.name(), d.id());
    line(out, "    size: [%d, %d]\n", FocalPlane.SIZE, FocalPlane.SIZE);
    line(
        out,
        "    focal_plane_mm: [%.6f, %.6f]  # of pixel position (511.5, 511.5)\n",
        d.nominalX(),
        d.nominalY());
    out.append("    yaw_deg: 0.000000\n    amplifiers:\n");
    for (int amp = 0; amp < SensorModel.AMPS; amp++) {
      String name = sensor.amplifiers().get(amp).name();
      line(
          out,
          "      - {<<: *amp, name: %s, extname: SEGMENT%s, bbox: [%d, %d, %d, %d],"
              + " flip_x: %b, flip_y: %b}\n",
          name,
          name.substring(1),
          SensorModel.ampX0(amp),
          SensorModel.ampY0(amp),
          SensorModel.AMP_WIDTH,
          SensorModel.AMP_HEIGHT,
          SensorModel.rotated(amp),
          SensorModel.rotated(amp));
    }
    out.append("    # ADU into row amplifier per ADU of column amplifier, laboratory values\n");
    out.append("    crosstalk:\n");
    for (SensorModel.Amplifier a : sensor.amplifiers()) {
      StringBuilder row = new StringBuilder();
      for (double c : a.laboratoryCrosstalk()) {
        row.append(row.isEmpty() ? "" : ", ").append(String.format(Locale.ROOT, "%.3e", c));
      }
      line(out, "      - [%s]\n", row);
    }
  }

  private static void line(StringBuilder out, String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values));
  }
}
