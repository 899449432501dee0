package org.starbeam.pipelines.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.starbeam.pipelines.UserException;

class TemplateTest {
  static final List<String> SHIPPED = Template.SHIPPED;

  @ParameterizedTest
  @FieldSource("SHIPPED")
  void shippedTemplatesLoadAndDocumentEveryParameter(String name) {
    Template template = Template.load(name);
    assertThat(template.name()).isEqualTo(name);
    assertThat(template.parameters().values()).allSatisfy(p -> assertThat(p.help()).isNotEmpty());
  }

  @Test
  void misspeltKeyIsReportedWithLineColumnAndSuggestion() {
    assertThatThrownBy(
            () -> Template.parse("my.yaml", "starbeam: 1\ntemplate: my\nparamters: {}\n"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("my.yaml:3:1: TPL_UNKNOWN_KEY")
        .hasMessageContaining("did you mean 'parameters'?");
  }

  @Test
  void duplicateKeyIsRefused() {
    assertThatThrownBy(() -> Template.parse("my.yaml", "starbeam: 1\nsteps: []\nsteps: []\n"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("my.yaml:3:1");
  }

  @Test
  void misspeltSettingIsReportedWithSuggestion() {
    assertThatThrownBy(() -> Template.load("ci").resolve(null, List.of("inptu=/data")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("did you mean 'input'?");
  }

  @Test
  void missingRequiredParameterNamesItAndItsMeaning() {
    assertThatThrownBy(() -> Template.load("calibrated").resolve(null, List.of()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("TPL_MISSING")
        .hasMessageContaining("input");
  }
}
