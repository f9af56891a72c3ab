//! What two processes say first to each other.

use std::io::{self, Read, Write};

/// Nobody else begins like that.
const MAGIC: &[u8; 8] = b"weir 1\r\n";

/// What a process says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hello {
    /// Of the program that runs the rules.
    pub(crate) version: String,
    pub(crate) processes: u32,
    /// Of each process.
    pub(crate) workers: u32,
    /// Who speaks.
    pub(crate) from: u32,
    /// To whom it thinks it does.
    pub(crate) to: u32,
    /// What tells programs apart.
    pub(crate) program: u128,
}

impl Hello {
    pub(crate) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let version = self.version.as_bytes();
        let mut bytes = MAGIC.to_vec();
        bytes.push(version.len() as u8);
        bytes.extend(&version[..version.len().min(255)]);
        for number in [self.processes, self.workers, self.from, self.to] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend(self.program.to_be_bytes());
        to.write_all(&bytes)
    }

    pub(crate) fn read(from: &mut impl Read) -> io::Result<Hello> {
        if read::<8>(from)? != *MAGIC {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "something else than Weir is there"));
        }
        let mut version = vec![0; read::<1>(from)?[0].into()];
        from.read_exact(&mut version)?;
        let mut number = || read(from).map(u32::from_be_bytes);
        Ok(Hello {
            version: String::from_utf8_lossy(&version).into_owned(),
            processes: number()?,
            workers: number()?,
            from: number()?,
            to: number()?,
            program: u128::from_be_bytes(read(from)?),
        })
    }

    /// Why whoever says this cannot be the process `index` that works with the one that says `ours`; nothing if it can.
    pub(crate) fn problem(&self, ours: &Hello, index: u32) -> Option<String> {
        let Hello { version, processes, workers, from, to, program } = self;
        Some(if *version != ours.version {
            format!("is Weir {version}, this is Weir {}", ours.version)
        } else if *processes != ours.processes {
            format!("was told of {processes} processes (-n), this one of {}", ours.processes)
        } else if *from != index {
            format!("says it is process {from} (-p)")
        } else if *to != ours.from {
            format!("takes this one for process {to}; it is {}", ours.from)
        } else if *workers != ours.workers {
            format!("has {workers} workers (-w), this one has {}", ours.workers)
        } else if *program != ours.program {
            "runs another program: rules, options that change them, and their order must be the same"
                .to_owned()
        } else {
            return None;
        })
    }
}

fn read<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}
