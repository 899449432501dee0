package org.starbeam.it;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The modules' arrows point one way, and the forbidden means stay forbidden. */
class ArchitectureTest {
  private static final JavaClasses ALGORITHMS = module("algorithms");
  private static final JavaClasses TRANSFORMS = module("transforms");
  private static final JavaClasses PIPELINES = module("beam-pipelines");
  private static final JavaClasses RUNNERS = module("runners");

  private static JavaClasses module(String name) {
    Pattern place = Pattern.compile(".*/" + name + "(-[0-9.]+\\.jar|/target/classes/).*");
    ImportOption inModule =
        new ImportOption() {
          @Override
          public boolean includes(Location location) {
            return location.matches(place);
          }
        };
    JavaClasses found =
        new ClassFileImporter().withImportOption(inModule).importPackages("org.starbeam");
    assertThat(found).as("classes of module %s", name).isNotEmpty();
    return found;
  }

  @Test
  void algorithmsKnowNothingOfTheGraph() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.beam..",
            "org.apache.flink..",
            "org.apache.parquet..",
            "org.starbeam.transforms..",
            "org.starbeam.pipelines..",
            "org.starbeam.runners..")
        .check(ALGORITHMS);
  }

  @Test
  void onlyTheFitsPackageSeesTheFitsLibrary() {
    noClasses()
        .that()
        .resideOutsideOfPackage("org.starbeam.fits..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("nom.tam..")
        .check(ALGORITHMS);
    for (JavaClasses module : new JavaClasses[] {TRANSFORMS, PIPELINES, RUNNERS}) {
      noClasses().should().dependOnClassesThat().resideInAPackage("nom.tam..").check(module);
    }
  }

  @Test
  void transformsKnowNothingOfRunnersAndCommandLine() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.flink..",
            "org.apache.beam.runners..",
            "org.starbeam.pipelines..",
            "org.starbeam.runners..",
            "picocli..")
        .check(TRANSFORMS);
  }

  @Test
  void pipelinesKnowNothingOfRunners() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.flink..", "org.apache.beam.runners..", "org.starbeam.runners..")
        .check(PIPELINES);
  }

  @Test
  void gathersAreGroupByKeyAndElementsHaveOwnCoders() {
    for (JavaClasses module : new JavaClasses[] {TRANSFORMS, PIPELINES}) {
      noClasses()
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("org.apache.beam.sdk.transforms.join.CoGroupByKey")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("org.apache.beam.sdk.coders.SerializableCoder")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("org.apache.beam.sdk.coders.AvroCoder")
          .check(module);
    }
  }

  /** The one source of a watched input is a function of its own: files come from outside. */
  @Test
  void onlyThePlatformGroupsRunsAndPublishes() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            "org.starbeam.transforms.quantum..", "org.starbeam.transforms.window..")
        .and()
        .doNotHaveFullyQualifiedName("org.starbeam.transforms.ingest.RawArrivals$WatchFn")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("org.apache.beam.sdk.transforms.GroupByKey")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("org.apache.beam.sdk.transforms.DoFn")
        .check(TRANSFORMS);
  }

  @Test
  void thereIsNoStaticMutableState() {
    for (JavaClasses module : new JavaClasses[] {ALGORITHMS, TRANSFORMS, PIPELINES, RUNNERS}) {
      fields()
          .that()
          .areStatic()
          .and()
          .doNotHaveName("$assertionsDisabled")
          .should()
          .beFinal()
          .check(module);
    }
  }

  @Test
  void domainClassesDoNotLogOrPrint() {
    noClasses()
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(ALGORITHMS);
    noClasses()
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(TRANSFORMS);
  }

  @Test
  void exceptionsThatUsersSeeLiveInOnePackage() {
    classes()
        .that()
        .areAssignableTo(RuntimeException.class)
        .and()
        .arePublic()
        .should()
        .resideInAPackage("org.starbeam.failure")
        .check(ALGORITHMS);
  }

  @Test
  void noCloudLibraryIsOnTheClassPath() {
    for (String name : new String[] {"com.google.cloud.storage.Storage", "io.grpc.Channel"}) {
      assertThat(getClass().getResource("/" + name.replace('.', '/') + ".class")).as(name).isNull();
    }
  }
}
