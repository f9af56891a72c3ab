//! A report as pictures: SVG, with no font or library of the system.

use std::path::Path;

use anyhow::anyhow;
use plotters::coord::Shift;
use plotters::prelude::*;

use super::Report;
use crate::growth::{ENGINES, Touch};
use crate::workload::{ASCENT, BY_HAND, DATAFROG, WEIR, weir_of};

/// Writes `transactions.svg` (latency by number of rules) and `workloads.svg` (CPU and memory by workload and engine).
///
/// # Errors
/// A file cannot be written.
pub fn plot(report: &Report, directory: &Path) -> anyhow::Result<()> {
    if !report.growth.is_empty() {
        let path = directory.join("transactions.svg");
        let area = SVGBackend::new(&path, (1_200, 480)).into_drawing_area();
        transactions(report, &area).map_err(|error| anyhow!("cannot plot {}: {error}", path.display()))?;
    }
    if !report.runs.is_empty() {
        let path = directory.join("workloads.svg");
        let area = SVGBackend::new(&path, (1_200, 860)).into_drawing_area();
        workloads(report, &area).map_err(|error| anyhow!("cannot plot {}: {error}", path.display()))?;
    }
    Ok(())
}

type Figure = fn(&crate::Outcome) -> f64;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

/// One panel for each kind of transaction; time is logarithmic; p50 thick, p99 thin.
fn transactions<'a>(report: &Report, area: &Area<'a>) -> Drawn<'a> {
    area.fill(&WHITE)?;
    let latencies = report.growth.iter().flat_map(|run| run.growth.latency.values());
    let (least, most) = range(latencies.flat_map(|latency| [latency.p50, latency.p99]));
    let (_, largest) = range(report.growth.iter().map(|run| run.growth.rules as f64));
    for (touch, panel) in Touch::ALL.iter().zip(area.split_evenly((1, Touch::ALL.len()))) {
        let mut chart = ChartBuilder::on(&panel)
            .margin(12)
            .caption(format!("transaction: {}", touch.name()), ("sans-serif", 18))
            .x_label_area_size(40)
            .y_label_area_size(64)
            .build_cartesian_2d(0.0..largest * 1.05, (least * 0.5..most * 2.0).log_scale())?;
        chart
            .configure_mesh()
            .x_desc("rules in the program")
            .y_desc("ms")
            .x_labels(6)
            .x_label_formatter(&|rules| format!("{rules:.0}"))
            // The sum of tenths is not exact, and labels are read by people.
            .y_label_formatter(&|ms| format!("{}", (ms * 1e6).round() / 1e6))
            .draw()?;
        for engine in ENGINES {
            let colour = colour(engine);
            let runs = || report.growth.iter().filter(|run| run.engine == engine);
            let points = |of: fn(&crate::Latency) -> f64| -> Vec<(f64, f64)> {
                let latency = |run: &super::Grown| run.growth.latency.get(touch).map(of);
                runs().filter_map(|run| Some((run.growth.rules as f64, latency(run)?))).collect()
            };
            let (p50, p99) = (points(|l| l.p50), points(|l| l.p99));
            chart
                .draw_series(LineSeries::new(p50.clone(), colour.stroke_width(3)))?
                .label(format!("{engine} p50"))
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(3)));
            chart
                .draw_series(LineSeries::new(p99.clone(), colour.stroke_width(1)))?
                .label(format!("{engine} p99"))
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(1)));
            let dots = p50.into_iter().chain(p99).map(|point| Circle::new(point, 3, colour.filled()));
            chart.draw_series(dots)?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK)
            .draw()?;
    }
    area.present()
}

/// CPU seconds above, megabytes below: a group of bars for each workload.
fn workloads<'a>(report: &Report, area: &Area<'a>) -> Drawn<'a> {
    area.fill(&WHITE)?;
    let mut names: Vec<&str> = report.runs.iter().map(|run| run.workload.as_str()).collect();
    names.dedup();
    let panels: [(&str, Figure); 2] = [
        ("load: CPU seconds", |outcome| outcome.load_cpu),
        ("load: peak megabytes", |outcome| outcome.load_megabytes),
    ];
    for ((caption, figure), panel) in panels.into_iter().zip(area.split_evenly((2, 1))) {
        let (_, most) = range(report.runs.iter().map(|run| figure(&run.outcome)));
        let mut chart = ChartBuilder::on(&panel)
            .margin(12)
            .caption(caption, ("sans-serif", 18))
            .x_label_area_size(30)
            .y_label_area_size(64)
            .build_cartesian_2d(0.0..names.len() as f64, 0.0..most * 1.1)?;
        let label = |x: &f64| {
            let is_middle = (x.fract() - 0.5).abs() < 0.01;
            names.get(*x as usize).filter(|_| is_middle).map(|name| (*name).to_owned()).unwrap_or_default()
        };
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(2 * names.len() + 1)
            .x_label_formatter(&label)
            .draw()?;
        for (place, engine) in [BY_HAND, WEIR, &weir_of(2), ASCENT, DATAFROG].into_iter().enumerate() {
            let colour = colour(engine);
            let bars = names.iter().enumerate().filter_map(|(workload, name)| {
                let left = workload as f64 + 0.05 + 0.18 * place as f64;
                let top = figure(report.outcome(name, engine)?);
                Some(Rectangle::new([(left, 0.0), (left + 0.16, top)], colour.filled()))
            });
            chart
                .draw_series(bars)?
                .label(engine)
                .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 14, y + 5)], colour.filled()));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK)
            .draw()?;
    }
    area.present()
}

fn colour(engine: &str) -> RGBColor {
    match engine {
        WEIR => RGBColor(0, 114, 178),
        BY_HAND => RGBColor(213, 94, 0),
        _ if engine.starts_with(WEIR) => RGBColor(86, 180, 233),
        ASCENT => RGBColor(0, 158, 115),
        _ => RGBColor(140, 140, 140),
    }
}

/// The smallest and the largest; 1 and 1 of none.
fn range(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    let positive = numbers.filter(|number| *number > 0.0);
    let ends = positive.fold(None, |ends: Option<(f64, f64)>, number| {
        let (least, most) = ends.unwrap_or((number, number));
        Some((least.min(number), most.max(number)))
    });
    ends.unwrap_or((1.0, 1.0))
}
