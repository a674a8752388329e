"""How far training grows with the machines of a cluster: costs and two nodes measured, a thousand on paper."""
