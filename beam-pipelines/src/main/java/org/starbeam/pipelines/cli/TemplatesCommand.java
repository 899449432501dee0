package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.pipelines.document.Parameter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists campaign templates and shows their parameters. */
@Command(
    name = "templates",
    mixinStandardHelpOptions = true,
    description = "Lists the campaign templates, or shows one with its parameters.")
final class TemplatesCommand implements Runnable {
  @Override
  public void run() {
    list(false);
  }

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Names and descriptions.")
  int list(@Option(names = "--json", description = "One JSON document.") boolean json) {
    ArrayNode out = new ObjectMapper().createArrayNode();
    for (String name : Template.SHIPPED) {
      Template template = Template.load(name);
      out.addObject().put("name", name).put("description", template.description());
      if (!json) {
        System.out.printf("%-12s %s%n", name, template.description());
      }
    }
    if (json) {
      print(out);
    }
    return 0;
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Parameters and text of a template.")
  int show(
      @Parameters(paramLabel = "TEMPLATE") String name,
      @Option(names = "--json", description = "One JSON document.") boolean json) {
    Template template = Template.load(name);
    if (json) {
      ObjectNode out = new ObjectMapper().createObjectNode();
      out.put("name", template.name()).put("description", template.description());
      ArrayNode parameters = out.putArray("parameters");
      for (Parameter p : template.parameters().values()) {
        parameters
            .addObject()
            .put("name", p.name())
            .put("type", p.type().toString())
            .put("required", p.required())
            .put("help", p.help())
            .set("default", p.defaultValue());
      }
      print(out);
      return 0;
    }
    System.out.println(template.description());
    System.out.println();
    for (Parameter p : template.parameters().values()) {
      String fallback = p.required() ? "required" : "default " + p.defaultValue();
      System.out.printf("  %-12s %-14s %s (%s)%n", p.name(), p.type(), p.help(), fallback);
    }
    System.out.println();
    System.out.print(template.text());
    return 0;
  }

  private static void print(Object node) {
    try {
      System.out.println(
          new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(node));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
