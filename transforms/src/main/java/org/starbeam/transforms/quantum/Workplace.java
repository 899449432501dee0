package org.starbeam.transforms.quantum;

import org.starbeam.transforms.dataset.Publisher;
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
    AcceptedProducts earlier) {}
