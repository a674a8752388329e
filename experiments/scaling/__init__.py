"""The scaling study: training throughput on one and two nodes, measured, and on up to 1,000, modelled."""
