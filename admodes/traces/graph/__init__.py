"""The picture of a computation graph: laid out in columns, drawn on axes, and written as SVG, DOT and Mermaid."""
