package org.starbeam.pipelines.campaign;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.CameraYaml;
import org.starbeam.failure.BadInputException;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.document.Place;
import org.starbeam.transforms.dataset.InputFile;
import org.starbeam.transforms.dataset.InputFolder;
import org.starbeam.transforms.ingest.FrameHeaders;
import org.starbeam.transforms.ingest.Ingest;
import org.starbeam.transforms.ingest.IngestTask;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.selection.FieldSet;
import org.starbeam.transforms.selection.Problem;
import org.starbeam.transforms.selection.Selection;
import org.starbeam.transforms.selection.SelectionException;
import org.starbeam.transforms.selection.SelectionTally;
import org.starbeam.transforms.selection.VisitFields;
import org.starbeam.transforms.store.StoreUnavailableException;

/**
 * The visits that a campaign selects: what its document says ({@code select.visits}) and the option
 * {@code --where} ({@code select.where}), both of which must hold.
 */
public final class VisitSelection {
  /** Where users read what may be written. */
  public static final String HELP = "starbeam help fields";

  private static final String WHERE = "where";
  private static final String OPTION = "--where";

  private VisitSelection() {}

  /** The setting of a document that says what {@code --where} says. */
  public static String setting(String where) {
    return CampaignShape.SELECT + "." + WHERE + "=" + where;
  }

  /**
   * The selection, with the values of parameters in it.
   *
   * @param bands bands of the camera, which may be written without quotes
   * @throws UserException with everything that is wrong with the expressions
   */
  public static Selection of(Campaign campaign, Iterable<String> bands) {
    FieldSet fields = VisitFields.all().withWords("band", bands);
    Selection all = Selection.all(fields);
    BoundExpression visits = campaign.select().visits();
    if (visits != null) {
      all = all.and(parse(visits, fields));
    }
    BoundExpression ofRelease = campaign.ofRelease();
    if (ofRelease != null) {
      all = all.and(parse(ofRelease, fields));
    }
    String where = campaign.body().path(CampaignShape.SELECT).path(WHERE).asText("");
    if (!where.isEmpty()) {
      all = all.and(parse(new BoundExpression(where, Map.of(), Place.of(OPTION)), fields));
    }
    requireDecidable(all);
    return all;
  }

  /** The selection of a campaign that is about to run, as its context carries it. */
  static String text(CampaignSettings settings) {
    Selection selection = of(settings.campaign(), bands(settings.input()));
    return selection.isAll() ? "" : selection.toString();
  }

  /** Bands of the camera of an input directory; none where it has no readable camera file. */
  public static Set<String> bands(InputFolder input) {
    try {
      InputFile file = input.file(Ingest.CAMERA_FILE);
      return file == null ? Set.of() : Set.copyOf(CameraYaml.read(file.local()).filters().values());
    } catch (StoreUnavailableException e) {
      throw new UserException(ExitCode.INFRASTRUCTURE, String.valueOf(e.getMessage()));
    } catch (IOException | UncheckedIOException | BadInputException e) {
      return Set.of();
    }
  }

  private static Selection parse(BoundExpression expression, FieldSet fields) {
    Map<String, Object> values = new HashMap<>();
    expression
        .bindings()
        .forEach(
            (name, value) ->
                values.put(
                    name, value instanceof BoundExpression inner ? parse(inner, fields) : value));
    try {
      return Selection.parse(expression.text(), fields, values);
    } catch (SelectionException e) {
      throw new UserException(ExitCode.USAGE, rendered(e, expression.place()), HELP);
    }
  }

  /** The problems at their places in the document, when the expression stands on one line of it. */
  private static String rendered(SelectionException e, Place place) {
    int at = place.source().indexOf(e.text(), Math.max(0, place.column() - 1));
    if (place.line() == 0 || at < 0 || e.text().contains("\n")) {
      return e.render(place.fileAndLine());
    }
    return e.problems().stream()
        .map(p -> rendered(p, place.within(at + 1 - place.column() + p.offset(), p.length())))
        .collect(Collectors.joining("\n"));
  }

  private static String rendered(Problem problem, Place place) {
    String meant =
        problem.suggestions().stream().map(s -> "'" + s + "'").collect(Collectors.joining(" or "));
    return "%s: %s: %s\n%s%s"
        .formatted(
            place,
            problem.code(),
            problem.message(),
            place.excerpt(),
            meant.isEmpty() ? "" : " did you mean " + meant + "?");
  }

  private static void requireDecidable(Selection selection) {
    Set<String> headerOnly = selection.undecidable();
    if (!headerOnly.isEmpty()) {
      throw new UserException(
          ExitCode.USAGE,
          Problem.TYPE
              + ": "
              + String.join(", ", headerOnly)
              + " is known from headers only, and stands in one condition with something that step 1"
              + " measures: join the two by AND",
          HELP);
    }
  }

  /**
   * Refuses a selection that holds no frame of the input.
   *
   * @throws UserException with what is left after each condition
   */
  static void requireAny(CampaignSettings settings, CampaignContext context) {
    Selection header = VisitFields.selection(context.where()).header();
    if (header.isAll() || settings.campaign().inputs().watch()) {
      return;
    }
    requireAny(header, headers(settings.input(), settings.mapping(), context).science());
  }

  /** Refuses a selection that holds none of the frames of the sky. */
  public static void requireAny(Selection header, List<FrameHeaders.Frame> science) {
    SelectionTally tally = new SelectionTally(header);
    science.forEach(frame -> tally.add(VisitFields.row(frame.info())));
    if (tally.rows() > 0 && tally.selected() == 0) {
      throw new UserException(
          ExitCode.INPUTS,
          "SEL_EMPTY: the selection holds none of the science frames\n"
              + tally.explanation("science frames").stripTrailing(),
          HELP);
    }
  }

  /** The headers of an input directory. */
  public static FrameHeaders headers(
      InputFolder input, @Nullable Path mapping, CampaignContext context) {
    try {
      return FrameHeaders.read(
          input, mapping, context.config(IngestTask.NAME, IngestTask.Config.defaults()));
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INPUTS, "cannot read the input directory " + input + ": " + e);
    }
  }
}
