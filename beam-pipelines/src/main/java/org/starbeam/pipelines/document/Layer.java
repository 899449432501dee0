package org.starbeam.pipelines.document;

import java.util.List;
import java.util.Set;
import org.starbeam.pipelines.document.YamlNode.Mapping;

/**
 * One document of a campaign.
 *
 * @param text as it was read
 * @param campaign true for a campaign file, false for a template and what it is made of
 */
record Layer(String file, String text, Mapping root, boolean campaign) {
  static final String FORMAT = "starbeam";
  static final String TEMPLATE = "template";
  static final String EXTENDS = "extends";
  static final String INCLUDE = "include";
  static final String DESCRIPTION = "description";
  static final String PARAMETERS = "parameters";
  static final String SET = "set";
  static final String ENV_ALLOW = "envAllow";

  /** Keys that say what a document is, beside those of its body. */
  static final List<String> META =
      List.of(FORMAT, TEMPLATE, EXTENDS, INCLUDE, DESCRIPTION, PARAMETERS, SET, ENV_ALLOW);

  /** Keys that make a document a template. */
  private static final Set<String> TEMPLATE_ONLY = Set.of(PARAMETERS, EXTENDS, ENV_ALLOW);

  /** Whether a document is a campaign file: it declares nothing and extends nothing. */
  static boolean isCampaign(Mapping root) {
    return root.members().keySet().stream().noneMatch(TEMPLATE_ONLY::contains);
  }

  /** The document without the keys that say what it is. */
  Mapping body() {
    Mapping out = root;
    for (String key : META) {
      out = out.without(key);
    }
    return out;
  }
}
