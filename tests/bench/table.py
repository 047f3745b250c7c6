"""Rows of the bench: what the contract asks for and what was measured."""

import json


class Table:
    def __init__(self):
        self.rows, self.costs = [], []

    def add(self, measure, value, unit, must=None, dream=None, note="", **details):
        """value None: not measured; note says why."""
        verdict = None if must is None or value is None else "dream" if value <= dream else "must" if value <= must else "over"
        self.rows.append({"measure": measure, "must": must, "dream": dream, "value": value, "unit": unit, "verdict": verdict, "note": note, **details})

    def cost(self, what, value, unit):
        """What simulators and load programs cost beside the gateway."""
        self.costs.append({"what": what, "value": value, "unit": unit})

    def print(self):
        def number(value, unit):
            return "" if value is None else f"{value:.3g} {unit}" if value < 100 else f"{value:.0f} {unit}"

        lines = [("measure", "must", "dream", "measured")]
        for row in self.rows:
            measured = f"not yet: {row['note']}" if row["value"] is None else number(row["value"], row["unit"])
            if row["verdict"]:
                measured += {"dream": "  (dream)", "must": "  (must)", "over": "  OVER"}[row["verdict"]]
            if row["note"] and row["value"] is not None:
                measured += "  " + row["note"]
            lines.append((row["measure"], number(row["must"], row["unit"]), number(row["dream"], row["unit"]), measured))
        widths = [max(len(line[column]) for line in lines) for column in range(3)]
        for at, line in enumerate(lines):
            print(" | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " | " + line[3])
            if at == 0:
                print("-|-".join("-" * width for width in widths) + "-|---------")
        if self.costs:
            print("\nBeside the gateway: " + "; ".join(f"{c['what']} {number(c['value'], c['unit'])}" for c in self.costs))

    def write(self, path, **facts):
        path.write_text(json.dumps({**facts, "rows": self.rows, "beside_the_gateway": self.costs}, indent=1) + "\n")
