package org.starbeam.transforms.quantum;

import org.starbeam.transforms.dataset.Publisher;

/**
 * Where an attempt reads and writes.
 *
 * @param earlier what earlier launches of the run and its base runs have left
 */
record Workplace(
    CampaignContext campaign,
    Publisher publisher,
    QuantumContext.DatasetReader reader,
    AcceptedProducts earlier) {}
