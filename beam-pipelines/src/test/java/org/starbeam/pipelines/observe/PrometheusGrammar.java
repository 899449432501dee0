package org.starbeam.pipelines.observe;

/** The lines that Prometheus's text format allows, as its documentation gives them. */
final class PrometheusGrammar {
  private static final String NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
  private static final String LABEL = "[a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\\]|\\\\[\\\\n\"])*\"";
  private static final String VALUE = "([+-]?[0-9.]+([eE][+-]?[0-9]+)?|NaN|[+-]Inf)";

  static final String LINE =
      "# HELP "
          + NAME
          + " .*|# TYPE "
          + NAME
          + " (counter|gauge|histogram|summary|untyped)|"
          + NAME
          + "(\\{"
          + LABEL
          + "(,"
          + LABEL
          + ")*\\})? "
          + VALUE;

  private PrometheusGrammar() {}
}
