package org.starbeam.sky;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.HeaderView;
import org.starbeam.testing.Shared;

class WcsReaderTest {
  private static HeaderView header(JsonNode cards) {
    Map<String, Object> values = new LinkedHashMap<>();
    cards
        .fields()
        .forEachRemaining(
            e -> {
              JsonNode v = e.getValue();
              values.put(
                  e.getKey(),
                  v.isTextual()
                      ? v.asText()
                      : v.isInt() ? (Object) v.asInt() : (Object) v.asDouble());
            });
    return HeaderView.of("vector", values);
  }

  @Test
  void agreesWithWcslibToAMicroarcsecondAndRoundTrips() {
    JsonNode all = Shared.vector("char-wcs-points").get("wcs");
    all.fields()
        .forEachRemaining(
            entry -> {
              Wcs wcs = WcsReader.fromHeader(header(entry.getValue().get("header")));
              JsonNode pixels = entry.getValue().get("pix_1based");
              for (int i = 0; i < pixels.size(); i++) {
                double[] pixel = Shared.numbers(pixels.get(i));
                double[] sky = Shared.numbers(entry.getValue().get("sky_deg").get(i));
                SkyPoint found = wcs.toSky(pixel[0] - 1, pixel[1] - 1);
                assertThat(Angles.separationArcsec(found.raDeg(), found.decDeg(), sky[0], sky[1]))
                    .as(entry.getKey() + " point " + i)
                    .isCloseTo(0, within(1e-6));
                double[] back = wcs.toPixel(found.raDeg(), found.decDeg());
                assertThat(back[0]).as(entry.getKey()).isCloseTo(pixel[0] - 1, within(1e-6));
                assertThat(back[1]).as(entry.getKey()).isCloseTo(pixel[1] - 1, within(1e-6));
              }
            });
  }

  @Test
  void tanSipTableReadsBackToTheSameBits() {
    TanSip wcs =
        (TanSip)
            WcsReader.fromHeader(
                header(Shared.vector("char-wcs-points").get("wcs").get("TAN-SIP").get("header")));
    TanSip back = TanSip.fromTable(wcs.toTable());
    assertThat(back.toSky(17.3, 901.2)).isEqualTo(wcs.toSky(17.3, 901.2));
    TanSip fromCards = (TanSip) WcsReader.fromHeader(HeaderView.of("cards", wcs.toHeader()));
    assertThat(fromCards.toSky(17.3, 901.2)).isEqualTo(wcs.toSky(17.3, 901.2));
  }

  @Test
  void unknownProjectionIsAnErrorThatNamesIt() {
    Map<String, Object> cards =
        new LinkedHashMap<>(
            TanSip.tan(new SkyPoint(1, 2), 0, 0, new double[] {1, 0, 0, 1}).toHeader());
    cards.put("CTYPE1", "RA---XYZ");
    assertThatThrownBy(() -> WcsReader.fromHeader(HeaderView.of("file.fits", cards)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("file.fits")
        .hasMessageContaining("XYZ");
  }

  @Test
  void healpixTileHeadersLandOnTheirPixels() {
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("CTYPE1", "RA---HPX");
    cards.put("CTYPE2", "DEC--HPX");
    cards.put("CRVAL1", 0.0);
    cards.put("CRVAL2", 0.0);
    double s = 45.0 / 512;
    cards.put("CRPIX1", -255.5);
    cards.put("CRPIX2", -255.5);
    cards.put("CD1_1", -s);
    cards.put("CD1_2", -s);
    cards.put("CD2_1", s);
    cards.put("CD2_2", -s);
    cards.put("PV2_1", 4.0);
    cards.put("PV2_2", 3.0);
    Wcs wcs = WcsReader.fromHeader(HeaderView.of("tile", cards));
    Healpix fine = new Healpix(9);
    Healpix coarse = new Healpix(0);
    for (int i = 5; i < 512; i += 61) {
      SkyPoint p = wcs.toSky(i, 511 - i * 0.7);
      assertThat(coarse.pixel(p.raDeg(), p.decDeg())).isEqualTo(7);
      SkyPoint center = fine.center(fine.pixel(p.raDeg(), p.decDeg()));
      double[] back = wcs.toPixel(center.raDeg(), center.decDeg());
      assertThat(Math.abs(back[0] - Math.rint(back[0]))).isLessThan(1e-6);
    }
  }
}
