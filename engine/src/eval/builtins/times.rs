//! Times of day, dates, and both with a time zone. Their values are their text: `10:11:12.000000000`, `2020-04-14`, and
//! RFC 3339.

use std::fmt::Write;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Weekday};

use super::{Builtin, Call};
use crate::eval::env::Eval;
use crate::eval::repr::{Load, part, text, variant_number};
use crate::eval::val::Val;
use crate::value::texts::{DATE, TIME, TIME_IN};

pub(super) fn find(name: &str) -> Option<Builtin> {
    find_time(name).or_else(|| find_date(name)).or_else(|| find_zoned(name))
}

const DATE_TIME: &str = "%Y-%m-%dT%T";

/// Seconds from the Julian epoch to the common era, in days: Julian day 1721425 is 0001-01-01.
const JULIAN_OF_DAY_ONE: i64 = 1_721_425;

fn find_time(name: &str) -> Option<Builtin> {
    Some(match name {
        "midnight" => |_| Ok(time_val(NaiveTime::MIN)),
        "try_from_hms" => |call| Ok(clock(call, 0)),
        "try_from_hms_milli" => |call| Ok(clock(call, 1_000_000)),
        "try_from_hms_micro" => |call| Ok(clock(call, 1_000)),
        "try_from_hms_nano" => |call| Ok(clock(call, 1)),
        "hour" => |call| Ok(Val::Int(time(call, 0).hour().into())),
        "minute" => |call| Ok(Val::Int(time(call, 0).minute().into())),
        "second" => |call| Ok(Val::Int(time(call, 0).second().into())),
        "millisecond" => |call| Ok(Val::Int((time(call, 0).nanosecond() / 1_000_000).into())),
        "microsecond" => |call| Ok(Val::Int((time(call, 0).nanosecond() / 1_000).into())),
        "nanosecond" => |call| Ok(Val::Int(time(call, 0).nanosecond().into())),
        "time2string" => |call| Ok(time_val(time(call, 0))),
        "string2time" => |call| Ok(parsed(NaiveTime::parse_from_str(call.text(0), TIME_IN), time_val)),
        "time_parse" => |call| Ok(parsed(NaiveTime::parse_from_str(call.text(0), call.text(1)), time_val)),
        "time_format" => |call| Ok(formatted(time(call, 0).format(call.text(1)), call.text(1))),
        _ => return None,
    })
}

fn find_date(name: &str) -> Option<Builtin> {
    Some(match name {
        "try_from_ymd" => |call| {
            let (year, month, day) = (call.int(0) as i32, call.int(1) as u32, call.int(2) as u32);
            Ok(checked(NaiveDate::from_ymd_opt(year, month, day)))
        },
        "try_from_yo" => |call| Ok(checked(NaiveDate::from_yo_opt(call.int(0) as i32, call.int(1) as u32))),
        "try_from_iso_ywd" => |call| {
            let number = variant_number(call.env.interner, true, &call.args[2]);
            let weekday = Weekday::try_from(number as u8).unwrap_or(Weekday::Mon);
            Ok(checked(NaiveDate::from_isoywd_opt(call.int(0) as i32, call.int(1) as u32, weekday)))
        },
        "year" => |call| Ok(Val::Int(i64::from(date(call, 0).year()) as u64)),
        "month" => |call| Ok(Val::Int(date(call, 0).month().into())),
        "day" => |call| Ok(Val::Int(date(call, 0).day().into())),
        "ordinal" => |call| Ok(Val::Int(date(call, 0).ordinal().into())),
        "week" => |call| Ok(Val::Int(date(call, 0).iso_week().week().into())),
        "weekday" => |call| Ok(Val::Word(date(call, 0).weekday().num_days_from_monday())),
        "next_day" => |call| match date(call, 0).succ_opt() {
            Some(next) => Ok(date_val(next)),
            None => Err(call.trap("no date is later")),
        },
        "previous_day" => |call| match date(call, 0).pred_opt() {
            Some(previous) => Ok(date_val(previous)),
            None => Err(call.trap("no date is earlier")),
        },
        "julian_day" => |call| {
            Ok(Val::Int((i64::from(date(call, 0).num_days_from_ce()) - 1 + JULIAN_OF_DAY_ONE + 1) as u64))
        },
        "from_julian_day" => |call| {
            let day = (call.int(0) as i64).checked_sub(JULIAN_OF_DAY_ONE);
            let day =
                day.and_then(|day| i32::try_from(day).ok()).and_then(NaiveDate::from_num_days_from_ce_opt);
            day.map(date_val).ok_or_else(|| call.trap("the day is out of range"))
        },
        "date2string" => |call| Ok(date_val(date(call, 0))),
        "string2date" => |call| Ok(parsed(NaiveDate::parse_from_str(call.text(0), DATE), date_val)),
        "date_parse" => |call| Ok(parsed(NaiveDate::parse_from_str(call.text(0), call.text(1)), date_val)),
        "date_format" => |call| Ok(formatted(date(call, 0).format(call.text(1)), call.text(1))),
        "datetime_parse" => {
            |call| Ok(parsed(NaiveDateTime::parse_from_str(call.text(0), call.text(1)), date_time_val))
        }
        "string2datetime" => {
            |call| Ok(parsed(NaiveDateTime::parse_from_str(call.text(0), DATE_TIME), date_time_val))
        }
        "dateTime2string" => |call| Ok(Val::str(date_time(call).format(DATE_TIME).to_string())),
        "datetime_format" => |call| Ok(formatted(date_time(call).format(call.text(1)), call.text(1))),
        "datetime_from_unix_timestamp" => |call| match DateTime::from_timestamp(call.int(0) as i64, 0) {
            Some(instant) => Ok(date_time_val(instant.naive_utc())),
            None => Err(call.trap("the time stamp is out of range")),
        },
        _ => return None,
    })
}

fn find_zoned(name: &str) -> Option<Builtin> {
    Some(match name {
        "utc_timezone" => |call| {
            let date_time = date_time(call);
            Ok(zoned_val(date_time.and_utc().fixed_offset()))
        },
        "offset_timezone" => |call| {
            let offset = offset(call)?;
            Ok(zoned_val(date_time(call).and_utc().with_timezone(&offset)))
        },
        "change_offset" => |call| {
            let offset = offset(call)?;
            Ok(zoned_val(zoned(call).with_timezone(&offset)))
        },
        "utc_datetime" => |call| Ok(date_time_val(zoned(call).naive_utc())),
        "time" => |call| Ok(time_val(zoned(call).time())),
        "tz_datetime_format" => |call| Ok(formatted(zoned(call).format(call.text(1)), call.text(1))),
        "tzDateTime2string" | "to_rfc3339" => |call| Ok(Val::str(zoned(call).to_rfc3339())),
        "to_rfc2822" => |call| Ok(Val::str(zoned(call).to_rfc2822())),
        "tz_datetime_parse" => {
            |call| Ok(parsed(DateTime::parse_from_str(call.text(0), call.text(1)), zoned_val))
        }
        "tz_datetime_parse_from_rfc3339" => {
            |call| Ok(parsed(DateTime::parse_from_rfc3339(call.text(0)), zoned_val))
        }
        "tz_datetime_parse_from_rfc2822" => {
            |call| Ok(parsed(DateTime::parse_from_rfc2822(call.text(0)), zoned_val))
        }
        _ => return None,
    })
}

fn time_val(time: NaiveTime) -> Val {
    Val::str(time.format(TIME).to_string())
}

fn date_val(date: NaiveDate) -> Val {
    Val::str(date.format(DATE).to_string())
}

fn date_time_val(date_time: NaiveDateTime) -> Val {
    Val::tuple([date_val(date_time.date()), time_val(date_time.time())])
}

/// RFC 3339 knows offsets of whole minutes; others follow the time in UTC, in seconds.
fn zoned_val(zoned: DateTime<FixedOffset>) -> Val {
    let seconds = zoned.offset().local_minus_utc();
    Val::str(match seconds % 60 {
        0 => zoned.to_rfc3339(),
        _ => format!("{} {seconds}", zoned.to_utc().to_rfc3339()),
    })
}

fn time(call: &Call<'_, '_>, i: usize) -> NaiveTime {
    parse_time(call.text(i))
}

fn parse_time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, TIME_IN).unwrap_or_default()
}

fn date(call: &Call<'_, '_>, i: usize) -> NaiveDate {
    parse_date(call.text(i))
}

fn parse_date(text: &str) -> NaiveDate {
    let year_zero = || NaiveDate::from_ymd_opt(0, 1, 1).unwrap_or_default();
    NaiveDate::parse_from_str(text, DATE).unwrap_or_else(|_| year_zero())
}

fn date_time(call: &Call<'_, '_>) -> NaiveDateTime {
    let interner = call.env.interner;
    let field = |i| part(interner, 0, i, Load::Word, &call.args[0]);
    NaiveDateTime::new(parse_date(text(interner, &field(0))), parse_time(text(interner, &field(1))))
}

fn zoned(call: &Call<'_, '_>) -> DateTime<FixedOffset> {
    let text = call.text(0);
    let (instant, seconds) =
        text.split_once(' ').map_or((text, None), |(instant, seconds)| (instant, Some(seconds)));
    let instant = DateTime::parse_from_rfc3339(instant).unwrap_or_default();
    let offset = seconds.and_then(|seconds| seconds.parse().ok()).and_then(FixedOffset::east_opt);
    offset.map_or(instant, |offset| instant.with_timezone(&offset))
}

fn offset(call: &mut Call<'_, '_>) -> Eval<FixedOffset> {
    let seconds = call.int(1) as i32;
    FixedOffset::east_opt(seconds).ok_or_else(|| call.trap(format!("{seconds} s is more than a day")))
}

/// Hours, minutes, seconds, and if `unit` is not 0 a fraction in so many nanoseconds.
fn clock(call: &Call<'_, '_>, unit: u32) -> Val {
    let fraction = if unit == 0 { Some(0) } else { (call.int(3) as u32).checked_mul(unit) };
    let (hour, minute, second) = (call.int(0) as u32, call.int(1) as u32, call.int(2) as u32);
    let time = fraction.and_then(|nanos| NaiveTime::from_hms_nano_opt(hour, minute, second, nanos));
    Val::result(time.map(time_val).ok_or_else(|| Val::str("illegal time value")))
}

fn checked(date: Option<NaiveDate>) -> Val {
    Val::result(date.map(date_val).ok_or_else(|| Val::str("Invalid date")))
}

fn parsed<T>(value: chrono::ParseResult<T>, val: fn(T) -> Val) -> Val {
    Val::result(value.map(val).map_err(|error| Val::str(error.to_string())))
}

/// Text by a format of the program; formatting fails if the format does not make sense.
fn formatted(text: impl std::fmt::Display, format: &str) -> Val {
    let mut out = String::new();
    Val::result(match write!(out, "{text}") {
        Ok(()) => Ok(Val::str(out)),
        Err(_) => Err(Val::str(format!("Error in format string '{format}'"))),
    })
}
