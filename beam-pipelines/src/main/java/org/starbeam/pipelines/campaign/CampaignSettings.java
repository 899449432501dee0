package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.Camera;
import org.starbeam.camera.CameraYaml;
import org.starbeam.failure.BadInputException;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.dataset.CalibrationCollection;
import org.starbeam.transforms.dataset.Chains;
import org.starbeam.transforms.dataset.Collection;
import org.starbeam.transforms.dataset.InputFile;
import org.starbeam.transforms.dataset.InputFolder;
import org.starbeam.transforms.ingest.Ingest;
import org.starbeam.transforms.quantum.ArrivalSettings;

/**
 * A campaign that is about to run: what it does, in which repository, under which name and how.
 *
 * @param campaign what it does
 * @param steps choice of steps and stages to run, see {@link TaskGraph#chosen}
 * @param runner {@code direct} or {@code flink}
 * @param lock the lock that it must agree with, or null
 * @param own masters that it makes although its template reads certified ones
 */
public record CampaignSettings(
    Campaign campaign,
    List<String> steps,
    Path repository,
    String run,
    String runner,
    LaunchSettings launch,
    @Nullable Path lock,
    OwnCalibs own) {
  private static final double ROLLOVER_HOURS = 12;

  /** A campaign that makes masters only if its template does. */
  public CampaignSettings(
      Campaign campaign,
      List<String> steps,
      Path repository,
      String run,
      String runner,
      LaunchSettings launch,
      @Nullable Path lock) {
    this(campaign, steps, repository, run, runner, launch, lock, OwnCalibs.NONE);
  }

  /** The same with masters of its own. */
  CampaignSettings with(OwnCalibs made) {
    return new CampaignSettings(campaign, steps, repository, run, runner, launch, lock, made);
  }

  /**
   * A campaign from a template and values of its parameters.
   *
   * @throws UserException that lists what is wrong with the values
   */
  public CampaignSettings(
      Template template,
      Map<String, String> values,
      List<String> steps,
      Path repository,
      String run,
      String runner,
      LaunchSettings launch) {
    this(template.resolve(values), steps, repository, run, runner, launch, null);
  }

  /**
   * The input directory, or place in a store.
   *
   * @throws UserException when the campaign has none
   */
  public InputFolder input() {
    String path = campaign.inputs().path();
    if (path == null) {
      throw new UserException(
          ExitCode.INPUTS,
          "campaign " + campaign.name() + " has no input directory",
          "the same command with --set input=DIR");
    }
    return InputFolder.of(path);
  }

  /** The mapping file, absolute; null when there is none. */
  public @Nullable Path mapping() {
    String path = campaign.inputs().mapping();
    return path == null ? null : Path.of(path).toAbsolutePath().normalize();
  }

  /** Bands that the user wants; empty means all. */
  public List<String> bands() {
    return campaign.select().bands();
  }

  /**
   * Runs whose results are taken up, first found wins; chains are resolved.
   *
   * @throws UserException for a chain that does not exist or a text that names no collection
   */
  public List<String> base() {
    Chains chains = new Chains(repository);
    Set<String> runs = new LinkedHashSet<>();
    try {
      for (String collection : campaign.inputs().base()) {
        runs.addAll(chains.runs(collection));
      }
    } catch (BadInputException e) {
      throw new UserException(ExitCode.INPUTS, e.code() + ": " + e.getMessage());
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INPUTS, "cannot read the chains of " + repository + ": " + e.getMessage());
    }
    return List.copyOf(runs);
  }

  /** True when exposures that arrive after the start are taken. */
  public boolean watched() {
    return campaign.inputs().watch();
  }

  /** The collection of calibrations that the campaign reads or certifies into; null for none. */
  public @Nullable CalibrationCollection calibrations() {
    String text = campaign.inputs().calibs();
    if (text == null) {
      return null;
    }
    Collection collection = Collection.parse(text);
    if (collection.kind() != Collection.Kind.CALIB) {
      throw new UserException(
          ExitCode.USAGE, "calibs: " + text + " is no collection of calibrations, as calib:NAME");
    }
    return new CalibrationCollection(repository, collection.name());
  }

  /** The steps that are run: those of the template, and calibs where it makes its own masters. */
  List<String> ownSteps() {
    return own.areMade()
        ? Template.ALL_STEPS.stream()
            .filter(step -> step.equals("calibs") || campaign.steps().contains(step))
            .toList()
        : campaign.steps();
  }

  /** What of {@link #ownSteps} the user wants; without a choice everything. */
  List<String> choice() {
    return steps.equals(campaign.steps()) ? ownSteps() : steps;
  }

  /** How a watched input is followed. */
  ArrivalSettings arrivals() {
    Campaign.Inputs inputs = campaign.inputs();
    Camera camera = camera();
    return ArrivalSettings.defaults()
        .withPollMillis(inputs.poll().toMillis())
        .withSettleMillis(inputs.settle().toMillis())
        .withVisitTimeoutMillis(inputs.visitTimeout().toMillis())
        .endingWithNight(!campaign.steps().contains("step1"))
        .withRolloverHours(camera == null ? ROLLOVER_HOURS : camera.dayObsOffsetHours());
  }

  /** Number of detectors of the camera file; 1 when there is none that can be read. */
  int detectors() {
    Camera camera = camera();
    return camera == null ? 1 : Math.max(1, camera.detectors().size());
  }

  /** True when the camera file gives values to use where there is no bias and no flat. */
  boolean hasNominalCalibs() {
    Camera camera = camera();
    return camera != null && camera.nominal().bias() != null && camera.nominal().flat() != null;
  }

  /** The camera file; one that cannot be read is left to the quantum that takes it in. */
  private @Nullable Camera camera() {
    try {
      InputFile file = campaign.inputs().path() == null ? null : input().file(Ingest.CAMERA_FILE);
      return file == null ? null : CameraYaml.read(file.local());
    } catch (IOException | UncheckedIOException | BadInputException e) {
      return null;
    }
  }

  /** Last observing day whose frames are taken, YYYYMMDD; null means all. */
  public @Nullable Integer through() {
    return campaign.windows().through();
  }

  /** What of the configuration of each task differs from the built-in one. */
  public Map<String, ObjectNode> tasks() {
    return campaign.tasks();
  }
}
