package org.starbeam.transforms.step2;

import java.util.Map;
import org.starbeam.fits.FitsTable;
import org.starbeam.sky.TanSip;

/** A TAN-SIP WCS as JSON: the rows of its table form. */
public record WcsDocument(int order, int inverseOrder, String[] names, double[] values) {
  public static WcsDocument of(TanSip wcs) {
    FitsTable table = wcs.toTable();
    return new WcsDocument(
        table.integer("ORDER"),
        table.integer("INVORDER"),
        table.strings("name"),
        table.doubles("value"));
  }

  public TanSip wcs() {
    return TanSip.fromTable(
        new FitsTable(
            "WCS",
            Map.of("ORDER", order, "INVORDER", inverseOrder),
            Map.of("name", names, "value", values)));
  }
}
