package org.starbeam.transforms.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedactionTest {
  private static final String CANARY = "c4n4ry-Xyzzy";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "password=" + CANARY,
        "AWS_SECRET_ACCESS_KEY=" + CANARY + " region=eu",
        "apiToken: " + CANARY,
        "{\"client_secret\":\"" + CANARY + "\",\"a\":1}",
        "credentials = '" + CANARY + "'",
        "opening https://host/path?X-Amz-Signature=" + CANARY + "&part=1 failed",
        "jdbc:postgresql://user:" + CANARY + "@host/db",
        "s3://bucket/key?versionId=" + CANARY,
        "--set repoPassphrase=" + CANARY
      })
  void theCanaryIsMasked(String text) {
    assertThat(Redaction.of(text)).doesNotContain(CANARY).contains(Redaction.MASK);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nCharacterizationPasses=2",
        "detector=12,visit=2021090700012",
        "missing keyword DATE-OBS in raw/file.fits",
        "expected key=value",
        "highPass: true",
        "flux 12.5 nJy at (3, 4)",
        "https://host/path without a query"
      })
  void whatIsNoSecretStays(String text) {
    assertThat(Redaction.of(text)).isEqualTo(text);
  }

  @Test
  void aValueOfASecretSettingIsMaskedWhereverItAppears() {
    String value = "Tr0ub4dor-and-3";
    assertThat(Redaction.of("cannot log in with " + value)).contains(value);
    Redaction.learn(Map.of("archiveToken", value));
    assertThat(Redaction.of("cannot log in with " + value)).doesNotContain(value);
  }

  @Test
  void keywordsOfHeadersStayReadable() {
    for (String text :
        new String[] {
          "exposureId: {key: OBSID, pattern: x}",
          "keyword: EXPTIME",
          "pass: final12",
          "c.yaml:3:2: TPL_UNKNOWN_KEY: task isr has no key 'doDrak'"
        }) {
      assertThat(Redaction.of(text)).isEqualTo(text);
    }
    assertThat(Redaction.of("api_key: abcdefgh")).isEqualTo("api_key: ***");
  }

  @Test
  void documentsKeepTheirShapeAndTheirNumbers() throws IOException {
    ObjectMapper json = new ObjectMapper();
    assertThat(
            Redaction.of(
                json.readTree(
                    "{\"apiKey\":\""
                        + CANARY
                        + "\",\"passes\":2,\"list\":[{\"token\":\"abcdefgh\"}],"
                        + "\"input\":\"s3://b/x?sig="
                        + CANARY
                        + "\"}")))
        .isEqualTo(
            json.readTree(
                "{\"apiKey\":\"***\",\"passes\":2,\"list\":[{\"token\":\"***\"}],"
                    + "\"input\":\"s3://b/x?***\"}"));
  }
}
