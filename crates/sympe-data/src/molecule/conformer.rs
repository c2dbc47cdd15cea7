//! Molecules in space, and how far apart two of them are, whatever their atoms are called.

use super::{Element, Hydrogens, Molecule, MoleculeFormat, MoleculeLines, Molecules, Names, pdb, xyz};
use crate::DataError;
use crate::input::Input;
use sympe_canon::align::GroupAssignment;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_groups::{Action, Euclidean, Group, OrthogonalGroup, Permutation};

/// A molecule and the places of its atoms, in ångström.
///
/// ```
/// use sympe_data::molecule::{Conformer, Fit, smiles};
/// let water = smiles::parse("O", 1)?;
/// let a = Conformer::new("a", water.clone(), vec![[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]])?;
/// // The same places; the two hydrogens are called the other way round.
/// let b = Conformer::new("b", water, vec![[0.0, 0.0, 0.0], [-0.24, 0.93, 0.0], [0.96, 0.0, 0.0]])?;
/// let found = a.compare(&b, &Fit::default())?;
/// assert_eq!((found.rmsd, found.permutation.to_string().as_str()), (0.0, "(1 2)"));
/// assert_eq!(found.automorphisms, "2");
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Conformer {
    name: String,
    molecule: Molecule,
    places: Vec<[f64; 3]>,
}

/// What is allowed to bring two conformers together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fit {
    /// Which motions: none, so that they are compared where they are; or those of SE(3), or of E(3) with mirror images.
    pub superposed: Option<OrthogonalGroup<3>>,
    /// Whether all bonds are alike and charges do not matter: the two oxygens of a carboxylate can then be exchanged. If not, bonds are
    /// single, double, triple or delocalized ([`Molecule::delocalized_graph`]).
    pub any_bond: bool,
}

/// How two conformers match best.
#[derive(Clone, Debug)]
pub struct Match {
    /// The root of the mean square distance of matched atoms, in ångström.
    pub rmsd: f64,
    /// Atom `i` of the first one is matched with atom `s(i)` of the second one.
    pub permutation: Permutation,
    /// What lays the first one on the second one, if it was superposed.
    pub motion: Option<Euclidean<3>>,
    /// The number of automorphisms that were minimized over, in digits.
    pub automorphisms: String,
}

impl Conformer {
    /// A conformer with one place for each atom.
    ///
    /// # Errors
    ///
    /// When there are not as many places as atoms.
    pub fn new(
        name: impl Into<String>,
        molecule: Molecule,
        places: Vec<[f64; 3]>,
    ) -> Result<Self, DataError> {
        let name = name.into();
        if places.len() != molecule.len() {
            let what = format!("{} places", places.len());
            return Err(DataError::field(
                name,
                what,
                format!("one for each of {} atoms", molecule.len()),
            ));
        }
        Ok(Self {
            name,
            molecule,
            places,
        })
    }

    /// The conformers of SDF or XYZ, called by their titles or comments, or by their numbers. What is wrong with one does not spoil
    /// the others. Atoms that are not listed are not there: no hydrogens are added. Bonds of XYZ follow from distances.
    ///
    /// # Errors
    ///
    /// When the input cannot be read, or is SMILES, which have no places.
    pub fn read(input: Input, format: MoleculeFormat) -> Result<Vec<Result<Self, DataError>>, DataError> {
        let file = input.name().to_owned();
        if format == MoleculeFormat::Smiles {
            return Err(DataError::no_places().in_file(file));
        }
        let mut names = Names::default();
        let conformer = |lines: Result<MoleculeLines, DataError>| {
            let name = names.next(lines.as_ref().ok().and_then(MoleculeLines::title));
            let (molecule, places) = lines?.placed()?;
            Self::new(name, molecule, places)
        };
        let conformers = Molecules::new(input.into_lines()?, format).map(conformer);
        Ok(conformers
            .map(|one| one.map_err(|error| error.in_file(&file)))
            .collect())
    }

    /// The models of a PDB file, called by their numbers. Bonds are those of its lines `CONECT`, or follow from distances if there is
    /// none.
    ///
    /// # Errors
    ///
    /// When the input cannot be read.
    pub fn read_pdb(input: Input) -> Result<Vec<Result<Self, DataError>>, DataError> {
        let file = input.name().to_owned();
        let text = input.read_to_text()?;
        let connections = pdb::Connections::of(&text);
        let models = pdb::models(&text).into_iter().zip(1..);
        let conformer = |(model, number): (Result<pdb::Model, DataError>, usize)| {
            let (model, name) = (model?, number.to_string());
            let molecule = match &connections {
                Some(listed) => {
                    let atoms = model.elements.iter().map(|&element| element.into()).collect();
                    Molecule::new(atoms, listed.bonds(&model))?
                }
                None => xyz::molecule_of(&model.elements, &model.places).ok_or_else(|| {
                    let what = "too many atoms, or too many at the distance of a bond";
                    DataError::field(
                        &name,
                        what,
                        "lines 'CONECT', or atoms as far apart as in a molecule",
                    )
                })?,
            };
            Self::new(name, molecule, model.places)
        };
        Ok(models
            .map(conformer)
            .map(|one| one.map_err(|error| error.in_file(&file)))
            .collect())
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The molecule.
    #[must_use]
    pub fn molecule(&self) -> &Molecule {
        &self.molecule
    }

    /// The places of the atoms, `[N, 3]`.
    #[must_use]
    pub fn places(&self) -> &[[f64; 3]] {
        &self.places
    }

    /// The same without [plain hydrogens](Molecule::is_plain_hydrogen).
    #[must_use]
    pub fn without_hydrogens(&self) -> Self {
        let kept = (0u32..)
            .zip(&self.places)
            .filter(|(v, _)| !self.molecule.is_plain_hydrogen(*v));
        Self {
            name: self.name.clone(),
            places: kept.map(|(_, place)| *place).collect(),
            molecule: self.molecule.without_hydrogens(),
        }
    }

    /// The match of atoms with the least root mean square distance, of all that keep elements, charges and bonds: the atoms of the two
    /// may come in any order. All automorphisms are minimized over, however many ([`GroupAssignment`]).
    ///
    /// # Errors
    ///
    /// When these are not the same molecule, there is no atom or a place is not finite, or, which is to be expected of molecules without
    /// any resemblance only, the search ends without an answer.
    pub fn compare(&self, other: &Self, fit: &Fit) -> Result<Match, DataError> {
        let fail = |source| DataError::Conformers {
            names: [self.name.clone(), other.name.clone()],
            source,
        };
        let [a, b] = [self, other].map(|conformer| SymmetrySearch::default().run(&conformer.graph(fit)));
        let (a, b) = (a.map_err(fail)?, b.map_err(fail)?);
        if a.form() != b.form() {
            let said = |of: &Self| format!("{} ({})", of.name, of.molecule.formula());
            return Err(DataError::NotIsomorphic {
                molecules: [said(self), said(other)],
                matter: if fit.any_bond {
                    "elements"
                } else {
                    "elements, charges, kinds of bonds"
                },
            });
        }
        // Atom i of the first one is called m(i) in the second one, up to automorphisms of the first.
        let matched = b.labelling().compose(&a.labelling().inverse());
        let places = matched.inverse().act(&other.places[..]);
        let group = GroupAssignment::new(a.group());
        let (rmsd, automorphism, motion) = match fit.superposed {
            Some(motions) => {
                let found = group.superpose(&self.places, &places, motions).map_err(fail)?;
                (found.rmsd, found.permutation, Some(found.motion))
            }
            None => {
                let found = group.least_squares(&self.places, &places).map_err(fail)?;
                (found.loss, found.element, None)
            }
        };
        Ok(Match {
            rmsd,
            permutation: matched.compose(&automorphism),
            motion,
            automorphisms: a.order().to_string(),
        })
    }

    /// What has to be kept.
    fn graph(&self, fit: &Fit) -> ColoredGraph {
        if !fit.any_bond {
            return self.molecule.delocalized_graph(Hydrogens::Explicit);
        }
        let elements = self.molecule.atoms().iter().map(|atom| atom.element);
        let edges = self.molecule.bonds().map(|(u, v, _)| (u, v));
        ColoredGraph::from_edges(self.molecule.len(), false, edges)
            .and_then(|graph| graph.with_node_colors(elements.map(Element::atomic_number).collect()))
            .expect("a part of a simple graph")
    }
}
