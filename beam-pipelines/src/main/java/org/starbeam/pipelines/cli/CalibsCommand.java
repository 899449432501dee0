package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.Suggestion;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.repository.CalibrationCheck;
import org.starbeam.pipelines.repository.Registry;
import org.starbeam.transforms.calibs.CertifiedCalibs;
import org.starbeam.transforms.dataset.CalibrationCollection;
import org.starbeam.transforms.dataset.CalibrationCollection.Entry;
import org.starbeam.transforms.dataset.Collection;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.window.EventTime;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Collections of certified calibrations. */
@Command(
    name = "calibs",
    mixinStandardHelpOptions = true,
    description = "Shows and changes collections of certified calibrations.",
    subcommands = {
      CalibsCommand.ListAll.class,
      CalibsCommand.Show.class,
      CalibsCommand.Lookup.class,
      CalibsCommand.Certify.class,
      CalibsCommand.Decertify.class,
      CalibsCommand.Verify.class
    })
final class CalibsCommand implements Runnable {
  @CommandLine.Spec CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(System.out);
  }

  /** A collection that the user names, with or without {@code calib:}. */
  private static final class Named {
    @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
    CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

    @Parameters(paramLabel = "COLLECTION", description = "calib:NAME, or NAME.")
    String collection = "";

    Path root() {
      return GlobalOptions.of(spec).root();
    }

    boolean isJson() {
      return GlobalOptions.of(spec).json;
    }

    CalibrationCollection open() {
      Collection named =
          Collection.parse(collection.contains(":") ? collection : "calib:" + collection);
      if (named.kind() != Collection.Kind.CALIB) {
        throw new UserException(
            ExitCode.USAGE, collection + " is no collection of calibrations, as calib:NAME");
      }
      return new CalibrationCollection(root(), named.name());
    }

    CalibrationCollection existing() throws IOException {
      CalibrationCollection found = open();
      if (!found.exists()) {
        List<String> names = CalibrationCollection.names(root());
        throw new UserException(
            ExitCode.INPUTS,
            "no collection "
                + collection
                + " in "
                + root()
                + Suggestion.didYouMean(collection.replace("calib:", ""), names),
            "starbeam calibs list --repo " + root());
      }
      return found;
    }
  }

  /** A calibration of a detector. */
  private static final class Which {
    @Option(names = "--type", required = true, description = "bias, dark, flat or defects.")
    String type = "";

    @Option(names = "--instrument", required = true, description = "Name of the camera.")
    String instrument = "";

    @Option(names = "--detector", required = true, description = "Number of the detector.")
    int detector;

    @Option(names = "--filter", description = "Physical filter, for flats.")
    @Nullable String filter;

    DataId id() {
      DataId id = DataId.of("instrument", instrument, "detector", detector);
      return filter == null ? id : id.with("physical_filter", filter);
    }
  }

  /** MJD or ISO date or time, TAI. */
  private static double mjd(String text) {
    try {
      if (text.matches("[+-]?\\d+(\\.\\d*)?") && !text.matches("\\d{8}")) {
        return Double.parseDouble(text);
      }
      LocalDateTime time =
          text.length() > 10 ? LocalDateTime.parse(text) : LocalDate.parse(text).atStartOfDay();
      return EventTime.mjd(time.toInstant(ZoneOffset.UTC).toEpochMilli());
    } catch (DateTimeParseException e) {
      throw new UserException(
          ExitCode.USAGE,
          "time '" + text + "': expected a TAI MJD, as 60815.5, or 2025-05-20T12:00:00");
    }
  }

  private static ObjectNode json(Entry entry) {
    ObjectNode out = Answer.object();
    out.put("type", entry.dataset().getDatasetType());
    out.put("dataId", entry.dataset().getDataId());
    out.put("run", entry.dataset().getRun());
    out.put("path", entry.dataset().getPath());
    out.put("hash", entry.dataset().getContentHash());
    out.put("beginTaiMjd", entry.begin());
    if (entry.isOpen()) {
      out.putNull("endTaiMjd");
    } else {
      out.put("endTaiMjd", entry.end());
    }
    return out;
  }

  private static void print(List<Entry> entries, boolean json) {
    if (json) {
      ArrayNode out = Answer.list();
      entries.forEach(e -> out.add(json(e)));
      Answer.print(out);
    } else {
      entries.forEach(e -> System.out.println(e.text()));
    }
  }

  /** All collections. */
  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Names of the collections and how many entries are valid in each.")
  static final class ListAll implements Callable<Integer> {
    @Mixin RepositoryOption repository = new RepositoryOption();

    @Mixin Answer answer = new Answer();

    @Override
    public Integer call() throws IOException {
      ObjectNode out = Answer.object();
      for (String name : CalibrationCollection.names(repository.root())) {
        int entries = new CalibrationCollection(repository.root(), name).entries().size();
        out.put("calib:" + name, entries);
        if (!answer.isJson()) {
          System.out.printf(Locale.ROOT, "calib:%s  %d%n", name, entries);
        }
      }
      if (answer.isJson()) {
        Answer.print(out);
      }
      return ExitCode.SUCCESS.code();
    }
  }

  /** The entries of one. */
  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "What is valid from when to when, by type and data id.")
  static final class Show implements Callable<Integer> {
    @Mixin Named named = new Named();

    @Option(names = "--history", description = "The changes instead, oldest first.")
    boolean history;

    @Override
    public Integer call() throws IOException {
      CalibrationCollection collection = named.existing();
      if (history) {
        history(collection.history());
      } else {
        print(collection.entries(), named.isJson());
      }
      return ExitCode.SUCCESS.code();
    }

    private void history(List<CalibrationCollection.Change> changes) {
      ArrayNode out = Answer.list();
      for (CalibrationCollection.Change c : changes) {
        out.addObject().put("revision", c.revision()).put("time", c.time()).put("change", c.what());
        if (!named.isJson()) {
          System.out.println(c.revision() + "  " + c.time() + "  " + c.what());
        }
      }
      if (named.isJson()) {
        Answer.print(out);
      }
    }
  }

  /** The one that is valid at a time. */
  @Command(
      name = "lookup",
      mixinStandardHelpOptions = true,
      description = "The calibration that an exposure would be reduced with.")
  static final class Lookup implements Callable<Integer> {
    @Mixin Named named = new Named();
    @Mixin Which which = new Which();

    @Option(
        names = "--time",
        required = true,
        description = "Middle of the exposure: TAI MJD, or as 2025-05-20T12:00:00 (TAI).")
    String time = "";

    @Override
    public Integer call() throws IOException {
      print(List.of(named.existing().get(which.type, which.id(), mjd(time))), named.isJson());
      return ExitCode.SUCCESS.code();
    }
  }

  /** Adds what a run has made. */
  @Command(
      name = "certify",
      mixinStandardHelpOptions = true,
      description = "Certifies the masters that a run has made.")
  static final class Certify implements Callable<Integer> {
    @Mixin Named named = new Named();

    @Option(names = "--run", required = true, description = "The run.")
    String run = "";

    @Option(names = "--type", split = ",", description = "Only these types.")
    List<String> types = new ArrayList<>();

    @Option(names = "--begin", description = "Begin of validity (default: that of each master).")
    @Nullable String begin;

    @Option(names = "--end", description = "End of validity (default: open).")
    @Nullable String end;

    @Override
    public Integer call() throws IOException {
      List<Entry> entries = new ArrayList<>();
      for (Entry e : CertifiedCalibs.entries(RunCatalog.open(named.root(), run).quanta())) {
        if (types.isEmpty() || types.contains(e.dataset().getDatasetType())) {
          entries.add(
              new Entry(
                  e.dataset(),
                  begin == null ? e.begin() : mjd(begin),
                  end == null ? e.end() : mjd(end)));
        }
      }
      if (entries.isEmpty()) {
        throw new UserException(
            ExitCode.INPUTS,
            "run " + run + " has made no masters" + (types.isEmpty() ? "" : " of " + types),
            "starbeam launch calibs-nightly --set input=DIR");
      }
      int added = named.open().certify(entries);
      int already = entries.size() - added;
      System.err.println(added + " certified, " + already + " were already");
      if (named.isJson()) {
        Answer.print(Answer.object().put("certified", added).put("already", already));
      }
      return ExitCode.SUCCESS.code();
    }
  }

  /** Takes a time out. */
  @Command(
      name = "decertify",
      mixinStandardHelpOptions = true,
      description = "Ends the validity of a calibration for a time; nothing is deleted.")
  static final class Decertify implements Callable<Integer> {
    @Mixin Named named = new Named();
    @Mixin Which which = new Which();

    @Option(names = "--begin", required = true, description = "From this time on, TAI.")
    String begin = "";

    @Option(names = "--end", description = "Up to this time (default: for ever).")
    @Nullable String end;

    @Option(names = "--reason", required = true, description = "Why, for those who come later.")
    String reason = "";

    @Override
    public Integer call() throws IOException {
      double until = end == null ? CalibrationCollection.OPEN_END : mjd(end);
      List<Entry> touched =
          named.existing().decertify(which.type, which.id(), mjd(begin), until, reason);
      if (touched.isEmpty()) {
        throw new UserException(
            ExitCode.INPUTS,
            "nothing of " + which.type + "(" + which.id() + ") is valid in that time",
            "starbeam calibs show " + named.collection);
      }
      print(touched, named.isJson());
      return ExitCode.SUCCESS.code();
    }
  }

  /** Whether one is sound. */
  @Command(
      name = "verify",
      mixinStandardHelpOptions = true,
      description =
          "Looks whether what is certified is there, whether validities overlap, and with --run"
              + " whether its science frames find all that they need; exit code 3 when not.")
  static final class Verify implements Callable<Integer> {
    @Mixin Named named = new Named();

    @Option(
        names = "--run",
        paramLabel = "RUN",
        description = "Look up the science frames of this run.")
    String run = "";

    @Option(
        names = "--sample",
        paramLabel = "F",
        defaultValue = "0",
        description =
            "Share of the datasets whose content is hashed, 0 to 1 (default: ${DEFAULT-VALUE}).")
    double sample;

    @Override
    public Integer call() throws IOException {
      if (!(sample >= 0 && sample <= 1)) {
        throw new UserException(ExitCode.USAGE, "--sample " + sample + ": expected 0 to 1");
      }
      Registry registry =
          run.isEmpty() ? null : Registry.of(named.root(), RunCatalog.name(named.root(), run));
      CalibrationCheck.Result result =
          new CalibrationCheck(named.root(), named.existing().entries(), sample).run(registry);
      if (named.isJson()) {
        Answer.print(document(result));
      } else {
        result.findings().forEach(f -> System.out.println(text(f)));
        System.err.printf(
            "%,d entries, %,d hashed, %,d science frames; %,d findings%n",
            result.entries(), result.hashed(), result.frames(), result.findings().size());
      }
      return result.findings().isEmpty() ? ExitCode.SUCCESS.code() : ExitCode.INPUTS.code();
    }

    private static String text(CalibrationCheck.Finding f) {
      return String.format(
          Locale.ROOT,
          "%-8s %s(%s) MJD %.4f to %s: %s",
          f.kind().name().toLowerCase(Locale.ROOT),
          f.type(),
          f.dataId(),
          f.begin(),
          f.end() >= CalibrationCollection.OPEN_END ? "open" : "%.4f".formatted(f.end()),
          f.why());
    }

    private static ObjectNode document(CalibrationCheck.Result result) {
      ObjectNode out = Answer.object().put("entries", result.entries());
      out.put("hashed", result.hashed()).put("frames", result.frames());
      ArrayNode findings = out.putArray("findings");
      for (CalibrationCheck.Finding f : result.findings()) {
        ObjectNode node = findings.addObject();
        node.put("kind", f.kind().name().toLowerCase(Locale.ROOT));
        node.put("type", f.type()).put("dataId", f.dataId()).put("beginTaiMjd", f.begin());
        boolean open = f.end() >= CalibrationCollection.OPEN_END;
        node.put("endTaiMjd", open ? null : f.end()).put("why", f.why());
      }
      return out;
    }
  }
}
