package org.starbeam.it;

import java.nio.file.Path;
import java.util.Arrays;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsTable;

/** The simulator's truth about sources of visits, as flat columns. */
record Truth(
    long[] visit,
    long[] detector,
    String[] band,
    long[] id,
    long[] type,
    double[] ra,
    double[] dec,
    double[] flux,
    double[] snr,
    double[] contam,
    boolean[] saturated,
    double[] edgeDistance) {

  static Truth read(Path survey) {
    try (FitsReader reader = FitsReader.open(survey.resolve("truth/visit_sources.fits"))) {
      FitsTable t = reader.readTable(reader.hdus().get(1));
      return new Truth(
          longs(t, "visit"),
          longs(t, "detector"),
          t.strings("band"),
          longs(t, "id"),
          longs(t, "type"),
          doubles(t, "ra"),
          doubles(t, "dec"),
          doubles(t, "flux"),
          doubles(t, "snr"),
          doubles(t, "contam"),
          t.column("saturated", boolean[].class),
          doubles(t, "edge_distance"));
    }
  }

  int size() {
    return visit.length;
  }

  /** A star whose flux can be judged: alone, not saturated, away from the border. */
  boolean isCleanStar(int i) {
    return type[i] == 0 && !saturated[i] && contam[i] * snr[i] < 0.1 && edgeDistance[i] > 20;
  }

  private static long[] longs(FitsTable table, String column) {
    Object values = table.columns().get(column);
    if (values instanceof long[] longs) {
      return longs;
    }
    if (values instanceof int[] ints) {
      return Arrays.stream(ints).asLongStream().toArray();
    }
    throw new IllegalStateException("truth column " + column + " is no integer column");
  }

  private static double[] doubles(FitsTable table, String column) {
    Object values = table.columns().get(column);
    if (values instanceof float[] floats) {
      double[] out = new double[floats.length];
      for (int i = 0; i < out.length; i++) {
        out[i] = floats[i];
      }
      return out;
    }
    return table.doubles(column);
  }
}
