package org.starbeam.hips;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The page {@code index.html} of a tree: what it is, its preview, and how to open it in Aladin. It
 * loads nothing but {@code preview.jpg} beside it.
 */
public final class HipsPage {
  private static final String PAGE =
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>%1$s</title>
      <style>
      :root { color-scheme: light dark; }
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
      img { max-width: 100%%; background: #000; }
      table { border-collapse: collapse; display: block; overflow-x: auto; }
      th { text-align: left; font-weight: normal; padding-right: 1.5rem; }
      td { font-family: ui-monospace, monospace; }
      </style>
      </head>
      <body>
      <main>
      <h1>%1$s</h1>
      <p><img src="preview.jpg" width="256" height="256" alt="The field of this HiPS, north up, %2$s degrees wide"></p>
      <p>A hierarchical progressive survey (HiPS). To look at it, open this directory in Aladin
      Desktop (File, Load local file), or serve it and give its address to Aladin Lite.</p>
      <table>
      <caption>properties</caption>
      %3$s</table>
      </main>
      </body>
      </html>
      """;

  private HipsPage() {}

  /** The page of a tree with these properties. */
  public static byte[] of(Map<String, String> properties) {
    StringBuilder rows = new StringBuilder();
    properties.forEach(
        (key, value) ->
            rows.append("<tr><th scope=\"row\">")
                .append(escaped(key))
                .append("</th><td>")
                .append(escaped(value))
                .append("</td></tr>\n"));
    return PAGE.formatted(
            escaped(properties.getOrDefault("obs_title", "HiPS")),
            escaped(properties.getOrDefault("hips_initial_fov", "")),
            rows)
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
