package org.starbeam.transforms.quantum;

import java.io.Serializable;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.store.StoreOptions;

/**
 * What every worker of a launch must know of its campaign. It travels with the graph, so it holds
 * plain values only.
 *
 * @param repository root directory of the repository
 * @param run name of the run that datasets and ledger records belong to
 * @param launchId names this launch; JVM-wide services (ledger segment, index, caches) live as long
 *     as it
 * @param release number that row ids carry, 0 to 31; 0 means not a release
 * @param bands the bands whose exposures are reduced, in the order of the {@code {band}_} columns
 *     of release tables; empty means all, in the order u g r i z y followed by others by name
 * @param configByTask overrides of task configurations: task name to a JSON object
 * @param instruments number (0 to 7) of each registered instrument in row ids
 * @param adoptFrom other runs whose finished quanta may be adopted, first found wins
 * @param retry failure classes whose failed quanta are attempted again when the run is continued;
 *     by default those that another attempt or a mended program may cure. What depends on the data
 *     alone (BAD_INPUT, ALGORITHM) would fail in the same way
 * @param codeVersion Starbeam version that goes into ledger records
 * @param retryDelaysMillis pauses before the second, third, ... attempt of a transient failure
 * @param where selection of visits in the language of specs/05 section 1.6; empty means all
 * @param base runs whose accepted products (calibrations, star blocks, templates, accumulators)
 *     this campaign reads, first found wins
 * @param limits what a quantum may take
 * @param arrivals how a watched input is followed
 * @param slice the part of the graph that this launch computes
 * @param adoption what is done again although it is done
 * @param store options of the object stores, see {@link StoreOptions}
 */
public record CampaignContext(
    String repository,
    String run,
    String launchId,
    int release,
    List<String> bands,
    Map<String, String> configByTask,
    Map<String, Integer> instruments,
    List<String> adoptFrom,
    Set<FailureClass> retry,
    String codeVersion,
    List<Long> retryDelaysMillis,
    String where,
    List<String> base,
    QuantumLimits limits,
    ArrivalSettings arrivals,
    Slice slice,
    AdoptionSettings adoption,
    List<String> store)
    implements Serializable {

  /** Numbers of the instruments that Starbeam knows by name. */
  public static final Map<String, Integer> KNOWN_INSTRUMENTS =
      Map.of(
          "LSSTCam", 0,
          "LSSTComCam", 1,
          "LATISS", 2,
          "HSC", 3,
          "DECam", 4,
          "LSSTCam-imSim", 5,
          "SimCam", 6);

  /**
   * Number of an instrument that nobody registered. A repository that holds two of them must
   * register both, or their rows may share ids.
   */
  public static final int UNREGISTERED_INSTRUMENT = 7;

  public CampaignContext {
    bands = List.copyOf(bands);
    configByTask = Map.copyOf(configByTask);
    instruments = Map.copyOf(instruments);
    adoptFrom = List.copyOf(adoptFrom);
    retry = Set.copyOf(retry);
    retryDelaysMillis = List.copyOf(retryDelaysMillis);
    base = List.copyOf(base);
    store = List.copyOf(store);
  }

  /** A campaign with default settings. */
  public static CampaignContext of(Path repository, String run) {
    return new CampaignContext(
        repository.toAbsolutePath().normalize().toString(),
        run,
        UUID.randomUUID().toString(),
        0,
        List.of(),
        Map.of(),
        KNOWN_INSTRUMENTS,
        List.of(),
        Set.of(
            FailureClass.TRANSIENT, FailureClass.RESOURCE, FailureClass.INFRA, FailureClass.DEFECT),
        "development",
        List.of(1000L, 4000L, 16000L),
        "",
        List.of(),
        QuantumLimits.defaults(),
        ArrivalSettings.defaults(),
        Slice.WHOLE,
        AdoptionSettings.defaults(),
        StoreOptions.all());
  }

  public Path root() {
    return Path.of(repository);
  }

  /**
   * The configuration of a task: its defaults with the campaign's overrides.
   *
   * @throws org.starbeam.failure.BadInputException for a key that the configuration does not have
   */
  public <C> C config(String task, C defaults) {
    return Configs.override(task, defaults, configByTask.getOrDefault(task, "{}"));
  }

  public CampaignContext withRelease(int number) {
    return with(c -> c.release = number);
  }

  public CampaignContext withBands(List<String> order) {
    return with(c -> c.bands = order);
  }

  /** With overrides of one task's configuration, as a JSON object. */
  public CampaignContext withConfig(String task, String json) {
    Map<String, String> merged = new HashMap<>(configByTask);
    merged.put(task, json);
    return with(c -> c.configByTask = merged);
  }

  /** With a number for an instrument that is not known by name. */
  public CampaignContext withInstrument(String name, int number) {
    Map<String, Integer> merged = new HashMap<>(instruments);
    merged.put(name, number);
    return with(c -> c.instruments = merged);
  }

  public CampaignContext adoptingFrom(List<String> runs) {
    return with(c -> c.adoptFrom = runs);
  }

  public CampaignContext retrying(Set<FailureClass> classes) {
    return with(c -> c.retry = classes);
  }

  public CampaignContext withCodeVersion(String version) {
    return with(c -> c.codeVersion = version);
  }

  public CampaignContext withRetryDelaysMillis(List<Long> delays) {
    return with(c -> c.retryDelaysMillis = delays);
  }

  /** With a selection of visits. */
  public CampaignContext selecting(String expression) {
    return with(c -> c.where = expression);
  }

  /** With runs whose accepted products this campaign reads. */
  public CampaignContext basedOn(List<String> runs) {
    return with(c -> c.base = runs);
  }

  /** The same campaign in another launch. */
  public CampaignContext relaunched() {
    return with(c -> c.launchId = UUID.randomUUID().toString());
  }

  /** With quanta that run again although they are done. */
  public CampaignContext rerunning(AdoptionSettings settings) {
    return with(c -> c.adoption = settings);
  }

  public CampaignContext withLimits(QuantumLimits quantumLimits) {
    return with(c -> c.limits = quantumLimits);
  }

  public CampaignContext withArrivals(ArrivalSettings settings) {
    return with(c -> c.arrivals = settings);
  }

  /** With a part of the graph to compute. */
  public CampaignContext computing(Slice part) {
    return with(c -> c.slice = part);
  }

  private CampaignContext with(Consumer<Change> change) {
    Change changed = new Change(this);
    change.accept(changed);
    return changed.apply(this);
  }

  /** The settings that a copy may have different. */
  private static final class Change {
    private String launchId;
    private int release;
    private List<String> bands;
    private Map<String, String> configByTask;
    private Map<String, Integer> instruments;
    private List<String> adoptFrom;
    private Set<FailureClass> retry;
    private String codeVersion;
    private List<Long> retryDelaysMillis;
    private String where;
    private List<String> base;
    private QuantumLimits limits;
    private ArrivalSettings arrivals;
    private Slice slice;
    private AdoptionSettings adoption;

    Change(CampaignContext from) {
      launchId = from.launchId;
      release = from.release;
      bands = from.bands;
      configByTask = from.configByTask;
      instruments = from.instruments;
      adoptFrom = from.adoptFrom;
      retry = from.retry;
      codeVersion = from.codeVersion;
      retryDelaysMillis = from.retryDelaysMillis;
      where = from.where;
      base = from.base;
      limits = from.limits;
      arrivals = from.arrivals;
      slice = from.slice;
      adoption = from.adoption;
    }

    CampaignContext apply(CampaignContext from) {
      return new CampaignContext(
          from.repository,
          from.run,
          launchId,
          release,
          bands,
          configByTask,
          instruments,
          adoptFrom,
          retry,
          codeVersion,
          retryDelaysMillis,
          where,
          base,
          limits,
          arrivals,
          slice,
          adoption,
          from.store);
    }
  }
}
