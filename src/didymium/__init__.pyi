from didymium.data import Dataset as Dataset
from didymium.data import open as open
from didymium.errors import DidymiumError as DidymiumError
from didymium.results import Result as Result
from didymium.results import RunStore as RunStore
from didymium.scenario.scenario import Scenario as Scenario
from didymium.studies.backtest import backtest as backtest
from didymium.studies.branches import branches as branches
from didymium.studies.commitments import commitments as commitments
from didymium.studies.entities import entities as entities
from didymium.studies.exposure import exposure as exposure
from didymium.studies.finance import finance as finance
from didymium.studies.floor import floor as floor
from didymium.studies.gaps import gaps as gaps
from didymium.studies.measures import measures as measures
from didymium.studies.ownership import ownership as ownership
from didymium.studies.plan import plan as plan
from didymium.studies.projects import projects as projects
from didymium.studies.reconcile import reconcile as reconcile
from didymium.studies.recycling import recycling as recycling
from didymium.studies.respond import respond as respond
from didymium.studies.stocks import stocks as stocks
from didymium.studies.stress import stress as stress

__version__: str
