package org.starbeam.coadd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import org.starbeam.fits.FitsTable;

/** The tables CELLS (one row per cell) and INPUTS (one row per cell and input). */
public final class CellTables {
  private CellTables() {}

  static FitsTable cells(Map<CellKey, CellCoadd> cells) {
    List<CellCoadd> values = List.copyOf(cells.values());
    Map<String, Object> c = new LinkedHashMap<>();
    c.put("cx", cells.keySet().stream().mapToInt(CellKey::cx).toArray());
    c.put("cy", cells.keySet().stream().mapToInt(CellKey::cy).toArray());
    c.put("nInput", values.stream().mapToInt(v -> v.inputs().size()).toArray());
    c.put("weight", values.stream().mapToLong(v -> v.summary().weight()).toArray());
    put(c, "effectiveInputs", values, v -> v.summary().effectiveInputs());
    put(c, "ixx", values, v -> v.summary().ixx());
    put(c, "iyy", values, v -> v.summary().iyy());
    put(c, "ixy", values, v -> v.summary().ixy());
    put(c, "airmass", values, v -> v.summary().airmass());
    put(c, "mjd", values, v -> v.summary().mjd());
    put(c, "mjdMin", values, v -> v.summary().mjdMin());
    put(c, "mjdMax", values, v -> v.summary().mjdMax());
    put(c, "exposureTime", values, v -> v.summary().exposureTime());
    put(c, "skyBackground", values, v -> v.summary().skyBackground());
    put(c, "skyNoise", values, v -> v.summary().skyNoise());
    put(c, "apCorr", values, v -> v.summary().apertureCorrection());
    c.put("flags", values.stream().map(v -> flags(v.flags())).toArray(String[]::new));
    return new FitsTable("CELLS", Map.of(), c);
  }

  private static void put(
      Map<String, Object> columns,
      String name,
      List<CellCoadd> cells,
      ToDoubleFunction<CellCoadd> value) {
    columns.put(name, cells.stream().mapToDouble(value).toArray());
  }

  private static String flags(List<CellCoadd.Flag> flags) {
    return flags.isEmpty() ? "-" : String.join(" ", flags.stream().map(Enum::name).toList());
  }

  static List<CellCoadd.Flag> parseFlags(String text) {
    String stripped = text.strip();
    return stripped.equals("-") || stripped.isEmpty()
        ? List.of()
        : Arrays.stream(stripped.split(" ", -1)).map(CellCoadd.Flag::valueOf).toList();
  }

  static FitsTable inputs(Map<CellKey, CellCoadd> cells) {
    List<CellKey> keys = new ArrayList<>();
    List<CellInput> inputs = new ArrayList<>();
    cells.forEach(
        (key, cell) ->
            cell.inputs()
                .forEach(
                    input -> {
                      keys.add(key);
                      inputs.add(input);
                    }));
    Map<String, Object> c = new LinkedHashMap<>();
    c.put("cx", keys.stream().mapToInt(CellKey::cx).toArray());
    c.put("cy", keys.stream().mapToInt(CellKey::cy).toArray());
    c.put("visit", inputs.stream().mapToLong(CellInput::visit).toArray());
    c.put("detector", inputs.stream().mapToInt(CellInput::detector).toArray());
    c.put("weight", inputs.stream().mapToInt(CellInput::weight).toArray());
    c.put("maskedFraction", inputs.stream().mapToDouble(CellInput::maskedFraction).toArray());
    c.put("artifactArea", inputs.stream().mapToInt(CellInput::artifactArea).toArray());
    putStatistic(c, "mjd", inputs, InputStatistics::mjd);
    putStatistic(c, "exposureTime", inputs, InputStatistics::exposureTime);
    putStatistic(c, "fwhm", inputs, InputStatistics::fwhm);
    putStatistic(c, "airmass", inputs, InputStatistics::airmass);
    putStatistic(c, "ixx", inputs, InputStatistics::ixx);
    putStatistic(c, "iyy", inputs, InputStatistics::iyy);
    putStatistic(c, "ixy", inputs, InputStatistics::ixy);
    putStatistic(c, "skyBackground", inputs, InputStatistics::skyBackground);
    putStatistic(c, "skyNoise", inputs, InputStatistics::skyNoise);
    putStatistic(c, "noiseFactor", inputs, InputStatistics::noiseFactor);
    putStatistic(c, "pixelStep", inputs, InputStatistics::pixelStep);
    return new FitsTable("INPUTS", Map.of(), c);
  }

  private static void putStatistic(
      Map<String, Object> columns,
      String name,
      List<CellInput> inputs,
      ToDoubleFunction<InputStatistics> value) {
    columns.put(
        name, inputs.stream().mapToDouble(i -> value.applyAsDouble(i.statistics())).toArray());
  }

  /** The cells of which a visit is an input, from the table INPUTS of a cell or patch file. */
  public static Set<CellKey> cellsOf(FitsTable table, long visit) {
    int[] cx = table.ints("cx");
    int[] cy = table.ints("cy");
    long[] visits = table.longs("visit");
    Set<CellKey> out = new TreeSet<>();
    for (int i = 0; i < cx.length; i++) {
      if (visits[i] == visit) {
        out.add(new CellKey(cx[i], cy[i]));
      }
    }
    return out;
  }

  /** The inputs of every cell, from the table INPUTS of a cell or patch file. */
  public static Map<CellKey, List<CellInput>> readInputs(FitsTable table) {
    int[] cx = table.ints("cx");
    int[] cy = table.ints("cy");
    long[] visit = table.longs("visit");
    int[] detector = table.ints("detector");
    int[] weight = table.ints("weight");
    double[] masked = table.doubles("maskedFraction");
    int[] area = table.ints("artifactArea");
    Map<CellKey, List<CellInput>> out = new TreeMap<>();
    for (int i = 0; i < cx.length; i++) {
      InputStatistics s =
          new InputStatistics(
              table.doubles("mjd")[i],
              table.doubles("exposureTime")[i],
              table.doubles("fwhm")[i],
              table.doubles("airmass")[i],
              table.doubles("ixx")[i],
              table.doubles("iyy")[i],
              table.doubles("ixy")[i],
              table.doubles("skyBackground")[i],
              table.doubles("skyNoise")[i],
              table.doubles("noiseFactor")[i],
              table.doubles("pixelStep")[i]);
      out.computeIfAbsent(new CellKey(cx[i], cy[i]), k -> new ArrayList<>())
          .add(new CellInput(visit[i], detector[i], weight[i], masked[i], area[i], s));
    }
    return out;
  }

  static CellCoadd.Summary summary(FitsTable t, int i) {
    return new CellCoadd.Summary(
        t.longs("weight")[i],
        t.doubles("effectiveInputs")[i],
        t.doubles("ixx")[i],
        t.doubles("iyy")[i],
        t.doubles("ixy")[i],
        t.doubles("airmass")[i],
        t.doubles("mjd")[i],
        t.doubles("mjdMin")[i],
        t.doubles("mjdMax")[i],
        t.doubles("exposureTime")[i],
        t.doubles("skyBackground")[i],
        t.doubles("skyNoise")[i],
        t.doubles("apCorr")[i]);
  }
}
