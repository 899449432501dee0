package org.starbeam.transforms.quantum;

import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import org.starbeam.transforms.dataset.Publisher;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.store.DatasetFiles;

/**
 * Where an attempt reads and writes.
 *
 * @param earlier what earlier launches of the run and its base runs have left
 */
record Workplace(
    CampaignContext campaign,
    DatasetFiles files,
    Publisher publisher,
    QuantumContext.DatasetReader reader,
    AcceptedProducts earlier) {

  /**
   * Refuses to make directories where the repository was.
   *
   * @throws NoSuchFileException when the repository, which has the run, is not there any more
   */
  void requireRepository() throws NoSuchFileException {
    if (!Files.isDirectory(RepositoryPaths.run(campaign.root(), campaign.run()))) {
      throw new NoSuchFileException("the repository " + campaign.root() + " is gone");
    }
  }
}
