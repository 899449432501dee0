package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.Suggestion;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.export.HatsExport;
import org.starbeam.pipelines.export.HipsExport;
import org.starbeam.pipelines.export.ImageExport;
import org.starbeam.pipelines.export.TableExport;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.selection.SelectionException;
import org.starbeam.transforms.selection.SkySelection;
import org.starbeam.transforms.step6.ReleaseTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Copies a table, images or the HiPS of a run out of the repository. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description =
        "Writes a table of a run as a FITS table, VOTable, CSV, Parquet or DS9 region file or as a"
            + " HATS catalogue, or copies its images or its HiPS into a directory. A file that is not"
            + " whole never has its name.")
final class ExportCommand implements Callable<Integer> {
  @Mixin RepositoryOption repository = new RepositoryOption();

  @Parameters(paramLabel = "RUN", description = "Name of the run.")
  String run = "";

  @Option(
      names = "--what",
      required = true,
      paramLabel = "TABLE|tables|IMAGES|hips",
      description =
          "Object, Source, ForcedSource, DiaSource, DiaObject, Visit, CcdVisit ... (not case"
              + " sensitive), or tables for all of a release, object_lc, dia_object_lc for"
              + " light curves (with --format hats), or visit_image, deep_coadd, template_coadd, cell_coadd, difference_image, flat, raw"
              + " ..., or hips")
  String what = "";

  @Option(
      names = "--format",
      description =
          "${COMPLETION-CANDIDATES} (default: by the ending of --out: .fits, .vot, .csv, .parquet,"
              + " .reg); hats: a catalogue of many Parquet files in a directory below --out, by sky"
              + " pixel, with margins and an index.")
  TableExport.@Nullable Format format;

  @Option(
      names = "--where",
      paramLabel = "CONDITION",
      description =
          "SQL condition on the rows; for images on their datasets, as tract, patch, band, visit,"
              + " detector, and for those of visits on their summaries, as seeing.")
  String where = "";

  @Option(
      names = "--region",
      paramLabel = "REGION",
      description =
          "Rows whose position, images whose outline meets CIRCLE(ra, dec, radius), BOX(ra0, dec0,"
              + " ra1, dec1), POLYGON(ra, dec, ...), TRACT(n) or PATCH(tract, patch); degrees.")
  String region = "";

  @Option(
      names = "--columns",
      paramLabel = "LIST",
      description = "Columns, separated by commas (default: all).")
  String columns = "";

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE|DIR",
      description =
          "File to write, for images and hats the directory; a file that exists is replaced.")
  Path out = Path.of("");

  @Option(
      names = "--resume",
      description =
          "Leave alone what an earlier export with --resume has written whole; for images what is"
              + " there with the right content.")
  boolean resume;

  @Mixin Answer answer = new Answer();

  @Spec CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException {
    RunCatalog catalog = RunCatalog.open(repository.root(), run);
    if (format == TableExport.Format.HATS) {
      return hats(catalog);
    }
    SkySelection sky = region.isEmpty() ? null : sky();
    if (what.equalsIgnoreCase(HipsExport.NAME)) {
      return hips(catalog);
    }
    DatasetType images = ImageExport.type(what);
    if (images != null) {
      return images(catalog.run(), new ImageExport(catalog, images), sky);
    }
    TableExport export =
        new TableExport(catalog, table(catalog), new TableExport.Choice(columns, where, sky));
    TableExport.Result made =
        export.write(out, format == null ? TableExport.Format.of(out) : format, resume);
    ObjectNode document = Answer.object().put("run", catalog.run()).put("table", made.table());
    document.put("file", made.file().toString()).put("written", made.rows() != null);
    document.put("rows", made.rows());
    answer.print(made.file().toString(), document);
    return 0;
  }

  private int hips(RunCatalog catalog) throws IOException {
    if (!columns.isEmpty() || format != null || !where.isEmpty() || !region.isEmpty()) {
      throw new UserException(
          ExitCode.USAGE,
          "a HiPS is exported as a whole, without --columns, --format, --where, --region");
    }
    if (Files.isRegularFile(out)) {
      throw new UserException(
          ExitCode.USAGE, "--out " + out + " is a file; a HiPS is written into a directory");
    }
    HipsExport.Result made = new HipsExport(catalog).write(out);
    System.err.printf(
        "%,d files written, %,.1f MB; %,d were there, %,d tiles removed%n",
        made.written(), made.bytes() / 1e6, made.kept(), made.removed());
    ObjectNode document = Answer.object().put("run", catalog.run()).put("type", HipsExport.NAME);
    document.put("directory", made.directory().toString());
    document.set("trees", Answer.list(made.trees()));
    document.put("written", made.written()).put("kept", made.kept());
    document.put("removed", made.removed()).put("bytes", made.bytes());
    answer.print(
        made.trees().stream()
            .map(tree -> made.directory().resolve(tree).toString())
            .collect(Collectors.joining("\n")),
        document);
    return 0;
  }

  private int hats(RunCatalog catalog) throws IOException {
    if (!columns.isEmpty() || !where.isEmpty() || !region.isEmpty()) {
      throw new UserException(
          ExitCode.USAGE,
          "a HATS catalogue is exported as a whole, without --columns, --where, --region");
    }
    if (Files.isRegularFile(out)) {
      throw new UserException(
          ExitCode.USAGE, "--out " + out + " is a file; catalogues are written into a directory");
    }
    int threads = GlobalOptions.of(spec).threads();
    HatsExport export =
        new HatsExport(catalog, HatsExport.Settings.DEFAULT, threads, BuildInfo.version());
    ObjectNode document = Answer.object().put("run", catalog.run());
    ArrayNode all = document.putArray("catalogs");
    List<String> directories = new ArrayList<>();
    for (HatsExport.Product product : export.products(what)) {
      HatsExport.Result made = export.write(product, out, resume);
      describe(made, all.addObject());
      directories.add(made.directory().toString());
    }
    answer.print(String.join("\n", directories), document);
    return 0;
  }

  private static void describe(HatsExport.Result made, ObjectNode document) {
    document.put("name", made.name()).put("directory", made.directory().toString());
    document.put("written", made.written()).put("bytes", made.bytes());
    if (made.written()) {
      System.err.printf(
          "%s: %,d rows in %,d partitions, %,d in margins, %,.1f MB%n",
          made.name(), made.rows(), made.partitions(), made.marginRows(), made.bytes() / 1e6);
      document.put("rows", made.rows()).put("partitions", made.partitions());
      document.put("marginRows", made.marginRows());
    } else {
      System.err.printf("%s was there%n", made.name());
    }
  }

  private SkySelection sky() {
    try {
      return SkySelection.parse(region);
    } catch (SelectionException e) {
      throw new UserException(ExitCode.USAGE, e.render("--region"), "starbeam help expressions");
    }
  }

  private String table(RunCatalog catalog) {
    List<String> images = ImageExport.types().stream().map(DatasetType::name).toList();
    String name = ReleaseTable.nameOf(what);
    if (catalog.tableNames().stream().anyMatch(t -> t.equalsIgnoreCase(name))) {
      return name;
    }
    List<String> all = Stream.concat(catalog.tableNames().stream(), images.stream()).toList();
    throw new UserException(
        ExitCode.INPUTS,
        "run %s has no table and no images '%s'%s; it has tables: %s; images may be: %s"
            .formatted(
                catalog.run(),
                what,
                Suggestion.didYouMean(what, all),
                String.join(", ", catalog.tableNames()),
                String.join(", ", images)));
  }

  private int images(String ofRun, ImageExport export, @Nullable SkySelection sky)
      throws IOException {
    if (!columns.isEmpty() || format != null) {
      throw new UserException(
          ExitCode.USAGE, "--columns and --format are for tables; images are copied as they are");
    }
    if (Files.isRegularFile(out)) {
      throw new UserException(
          ExitCode.USAGE, "--out " + out + " is a file; images are copied into a directory");
    }
    List<DatasetRef> chosen = export.choose(where, sky);
    ImageExport.Result made = export.copy(chosen, out, resume);
    System.err.printf(
        "%,d files copied, %,.1f MB; %,d were there%n",
        made.written().size(), made.bytes() / 1e6, made.kept().size());
    ObjectNode document = Answer.object().put("run", ofRun).put("type", made.type());
    document.put("directory", made.directory().toString());
    document.set("written", Answer.list(made.written()));
    document.set("kept", Answer.list(made.kept()));
    document.put("bytes", made.bytes());
    document.set("gone", Answer.list(made.gone()));
    requireWhole(made);
    answer.print(
        Stream.concat(made.kept().stream(), made.written().stream())
            .sorted()
            .map(name -> made.directory().resolve(name).toString())
            .collect(Collectors.joining("\n")),
        document);
    return 0;
  }

  private void requireWhole(ImageExport.Result made) {
    if (!made.gone().isEmpty()) {
      System.err.printf(
          "%,d %s are not in the repository any more, as %s(%s)%n",
          made.gone().size(), made.type(), made.type(), made.gone().get(0));
    }
    if (!made.damaged().isEmpty()) {
      throw new UserException(
          ExitCode.INPUTS,
          made.damaged().size()
              + " files are not what the ledger says and were not copied:\n  "
              + String.join("\n  ", made.damaged()),
          "starbeam repo verify --repo " + repository.root());
    }
  }
}
