package org.starbeam.coadd;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.SpanSet;

/**
 * What must not go into a coadd from one visit and detector: spans in tract pixels. A product of
 * its own, read when inputs are added; warps are never changed on disk.
 *
 * @param visit visit id
 * @param detector detector number
 * @param artifacts in the order of their first pixel
 */
public record ArtifactMask(long visit, int detector, List<Artifact> artifacts) {
  /** Why pixels were taken away. */
  public enum Reason {
    /** Seen in too few of the visits that look there. */
    TRANSIENT,
    /** Part of a line that crosses the detector. */
    TRAIL
  }

  /**
   * One artifact.
   *
   * @param pixels in tract pixels
   * @param reason why
   * @param area full-resolution pixels
   * @param maxSn largest absolute signal to noise of the smoothed difference
   * @param nMax number of visits up to which it counted as an artifact
   * @param meanCount mean number of visits with data over it
   */
  public record Artifact(
      SpanSet pixels, Reason reason, int area, double maxSn, int nMax, double meanCount) {
    /** CLIPPED or STREAK. */
    public int plane() {
      return reason == Reason.TRAIL ? MaskPlanes.STREAK : MaskPlanes.CLIPPED;
    }
  }

  /** Sets CLIPPED and STREAK on the pixels of a warp's mask. */
  public void apply(MaskI mask) {
    artifacts.forEach(a -> a.pixels().setMask(mask, a.plane()));
  }

  /** All pixels together. */
  public SpanSet pixels() {
    SpanSet all = SpanSet.EMPTY;
    for (Artifact artifact : artifacts) {
      all = all.union(artifact.pixels());
    }
    return all;
  }

  /** All pixels of one reason together. */
  SpanSet pixels(Reason reason) {
    SpanSet all = SpanSet.EMPTY;
    for (Artifact artifact : artifacts) {
      all = artifact.reason() == reason ? all.union(artifact.pixels()) : all;
    }
    return all;
  }

  /** Tables ARTIFACTS (one row each) and SPANS (one row per run, x1 exclusive). */
  public static List<FitsTable> toTables(List<ArtifactMask> masks) {
    List<long[]> rows = new ArrayList<>();
    List<double[]> numbers = new ArrayList<>();
    List<int[]> spans = new ArrayList<>();
    for (ArtifactMask mask : masks) {
      for (Artifact a : mask.artifacts()) {
        int id = rows.size();
        rows.add(
            new long[] {mask.visit(), mask.detector(), a.reason().ordinal(), a.area(), a.nMax()});
        numbers.add(new double[] {a.maxSn(), a.meanCount()});
        for (int run = 0; run < a.pixels().size(); run++) {
          spans.add(new int[] {id, a.pixels().y(run), a.pixels().x0(run), a.pixels().x1(run)});
        }
      }
    }
    return List.of(artifactTable(rows, numbers), spanTable(spans));
  }

  private static FitsTable artifactTable(List<long[]> rows, List<double[]> numbers) {
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("visit", rows.stream().mapToLong(r -> r[0]).toArray());
    columns.put("detector", rows.stream().mapToInt(r -> (int) r[1]).toArray());
    columns.put(
        "reason",
        rows.stream().map(r -> Reason.values()[(int) r[2]].name()).toArray(String[]::new));
    columns.put("area", rows.stream().mapToInt(r -> (int) r[3]).toArray());
    columns.put("maxSn", numbers.stream().mapToDouble(n -> n[0]).toArray());
    columns.put("nMax", rows.stream().mapToInt(r -> (int) r[4]).toArray());
    columns.put("meanCount", numbers.stream().mapToDouble(n -> n[1]).toArray());
    return new FitsTable("ARTIFACTS", Map.of(), columns);
  }

  private static FitsTable spanTable(List<int[]> spans) {
    Map<String, Object> columns = new LinkedHashMap<>();
    String[] names = {"artifact", "y", "x0", "x1"};
    for (int c = 0; c < names.length; c++) {
      int column = c;
      columns.put(names[c], spans.stream().mapToInt(s -> s[column]).toArray());
    }
    return new FitsTable("SPANS", Map.of(), columns);
  }

  /** Reads what {@link #toTables} made; masks come in the order of the tables. */
  public static List<ArtifactMask> fromTables(FitsTable artifacts, FitsTable spans) {
    long[] visit = artifacts.longs("visit");
    int[] detector = artifacts.ints("detector");
    String[] reason = artifacts.strings("reason");
    int[] area = artifacts.ints("area");
    double[] maxSn = artifacts.doubles("maxSn");
    int[] nMax = artifacts.ints("nMax");
    double[] meanCount = artifacts.doubles("meanCount");
    List<List<Integer>> runs = runsByArtifact(visit.length, spans);
    List<ArtifactMask> out = new ArrayList<>();
    List<Artifact> current = new ArrayList<>();
    for (int i = 0; i < visit.length; i++) {
      SpanSet pixels = SpanSet.ofRuns(runs.get(i).stream().mapToInt(Integer::intValue).toArray());
      current.add(
          new Artifact(
              pixels, Reason.valueOf(reason[i].strip()), area[i], maxSn[i], nMax[i], meanCount[i]));
      boolean last =
          i + 1 == visit.length || visit[i + 1] != visit[i] || detector[i + 1] != detector[i];
      if (last) {
        out.add(new ArtifactMask(visit[i], detector[i], List.copyOf(current)));
        current.clear();
      }
    }
    return out;
  }

  private static List<List<Integer>> runsByArtifact(int count, FitsTable spans) {
    List<List<Integer>> runs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      runs.add(new ArrayList<>());
    }
    int[] artifact = spans.ints("artifact");
    int[] y = spans.ints("y");
    int[] x0 = spans.ints("x0");
    int[] x1 = spans.ints("x1");
    for (int i = 0; i < artifact.length; i++) {
      runs.get(artifact[i]).addAll(List.of(y[i], x0[i], x1[i]));
    }
    return runs;
  }
}
