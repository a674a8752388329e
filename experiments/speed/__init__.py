"""What a step costs and where its time goes, beside cold solvers, by image size, by batch, and in a training."""
